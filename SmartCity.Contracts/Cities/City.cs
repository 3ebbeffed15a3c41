using System.Text.Json;
using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Cities;

/// <summary>The city file: stations, their zones with dates, their cameras. Read by the edge (cameras) and the core (stations).</summary>
public sealed record City
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>Country that most vehicles are from, two letters of ISO 3166; null when that is not known.</summary>
    public string? Country { get; init; }

    /// <summary>IANA time zone of the city: of charging days, and of the times of recordings that name no other.</summary>
    public string TimeZone { get => field ?? "Europe/London"; init; }

    /// <summary>Currency of its charges and tariffs, three letters of ISO 4217.</summary>
    public string Currency { get => field ?? "GBP"; init; }

    public required IReadOnlyList<Station> Stations { get; init; }

    /// <summary>What the core calls when something has happened.</summary>
    public IReadOnlyList<CityFunction> Functions { get => field ?? []; init; }

    /// <summary>Reads and checks a city file; null gives the built-in demo city.</summary>
    /// <exception cref="InvalidDataException">The file is not a valid city; the message names what is wrong.</exception>
    public static City Load(string? path)
    {
        using var stream = path is null
            ? typeof(City).Assembly.GetManifestResourceStream("london.json")!
            : File.OpenRead(path);
        City city;
        try
        {
            city = JsonSerializer.Deserialize(stream, ContractsJson.Default.City)
                ?? throw new InvalidDataException($"City file {path ?? "london.json"} is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"City file {path ?? "london.json"} is not valid: {e.Message}", e);
        }

        city.Check(path ?? "london.json");
        return city;
    }

    private void Check(string file)
    {
        if (Stations.Count == 0)
        {
            throw new InvalidDataException($"City file {file} has no stations.");
        }

        if (Currency is not { Length: 3 } || !Currency.All(char.IsAsciiLetterUpper))
        {
            throw new InvalidDataException($"City file {file}: currency '{Currency}' is not valid: it needs the three capital letters of ISO 4217, such as GBP.");
        }

        if (CityFunction.Check(Functions) is { } wrong)
        {
            throw new InvalidDataException($"City file {file}: {wrong}");
        }

        var stations = new HashSet<string>(StringComparer.Ordinal);
        var cameras = new HashSet<string>(StringComparer.Ordinal);
        foreach (var station in Stations)
        {
            if (!IsId(station.Id) || !stations.Add(station.Id))
            {
                throw new InvalidDataException($"City file {file}: station id '{station.Id}' is not valid: an id needs 1 to 64 characters of a-z, 0-9 and '-', and may occur only once.");
            }

            if (station.Latitude is < -90 or > 90 || station.Longitude is < -180 or > 180)
            {
                throw new InvalidDataException($"City file {file}: station '{station.Id}' has a latitude outside -90 to 90 or a longitude outside -180 to 180.");
            }

            foreach (var camera in station.Cameras)
            {
                if (!IsId(camera.Id) || !cameras.Add(camera.Id))
                {
                    throw new InvalidDataException($"City file {file}: camera id '{camera.Id}' of station '{station.Id}' is not valid: an id needs 1 to 64 characters of a-z, 0-9 and '-', and may occur only once.");
                }

                if ((PrivacyMask.Check(camera.Masks) ?? CameraRecognition.Check(camera.Recognition) ?? CameraMotion.Check(camera.Motion)) is { } problem)
                {
                    throw new InvalidDataException($"City file {file}: camera '{camera.Id}': {problem}");
                }
            }
        }
    }

    /// <summary>Whether a text may be the id of a station or a camera: a-z, 0-9 and "-", at most 64 characters.</summary>
    public static bool IsId(string id) =>
        id.Length is > 0 and <= 64 && id.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-');
}

/// <summary>A toll station.</summary>
public sealed record Station
{
    /// <summary>a-z, 0-9 and '-'; also the mirror's alias of its edge Kafka.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    /// <summary>WGS84 degrees.</summary>
    public required double Latitude { get; init; }

    public required double Longitude { get; init; }

    public IReadOnlyList<ZoneMembership> Zones { get => field ?? []; init; }

    public IReadOnlyList<Camera> Cameras { get => field ?? []; init; }

    /// <summary>Ids of the zones that the station belongs to on a charging day.</summary>
    public IEnumerable<string> ZonesOn(DateOnly day) =>
        Zones.Where(z => (z.From is null || z.From <= day) && (z.To is null || day < z.To)).Select(z => z.Zone).Distinct();
}

/// <summary>A station belongs to a zone from a day (inclusive) to a day (exclusive); null is open.</summary>
public sealed record ZoneMembership(string Zone, DateOnly? From = null, DateOnly? To = null);

/// <summary>One lens of a station.</summary>
public sealed record Camera
{
    public required string Id { get; init; }

    /// <summary>
    /// <c>folder:PATH</c> and <c>file:PATH</c> (<see cref="RecordingAddress"/>), <c>rtsp://…</c>, <c>http://…</c>, <c>upload</c>, or
    /// <c>simulated:?seed=1&amp;weather=day|dusk|night|rain&amp;every=00:00:12</c>.
    /// </summary>
    public required string Source { get; init; }

    public int? Lane { get; init; }

    public string? Direction { get; init; }

    /// <summary>What movement in the picture means on the road; null where nobody has said. Not written where it is null, so that a city file's line stays what it was.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CameraMotion? Motion { get; init; }

    /// <summary>Whether the camera is only being tested: its pictures are shown, but it makes no sightings.</summary>
    public bool Trial { get; init; }

    /// <summary>Regions that are painted black before anything is kept or read: polygons of x, y pairs, each from 0 (left, top) to 1 (right, bottom).</summary>
    public IReadOnlyList<IReadOnlyList<double[]>> Masks { get => field ?? []; init; }

    /// <summary>How plates are looked for in its pictures; null where everything is as the edge's settings have it.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public CameraRecognition? Recognition { get; init; }
}

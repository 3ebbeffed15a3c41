using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;

namespace SmartCity.Core.Sightings;

/// <summary>
/// Whether a record speaks of its own station alone. The topic is what the station's Kafka credentials were good for, so it decides: the record's
/// station must be the topic's, the camera that station's, and the picture this sighting's own.
/// </summary>
internal sealed class SightingOrigins(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const string Suffix = "." + Topics.Sightings;
    private static readonly TimeSpan Fresh = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromSeconds(1);

    private volatile Known _known = new([], [], DateTimeOffset.MinValue);

    /// <summary>Reads which camera is which station's when that is old, or when a camera is not known, which may have been added just now.</summary>
    public async Task RefreshAsync(IEnumerable<Sighting> sightings, CancellationToken cancellationToken)
    {
        var known = _known;
        var age = time.GetUtcNow() - known.At;
        if (age < AtMostEvery || (age < Fresh && sightings.All(s => known.StationOf.ContainsKey(s.CameraId))))
        {
            return;
        }

        await using var command = dataSource.CreateCommand("select s.id, c.id from stations s left join cameras c on c.station_id = s.id");
        var rows = await command.ReadAllAsync(r => (Station: r.GetString(0), Camera: r.Text(1)), cancellationToken);
        _known = new Known(
            rows.Where(r => r.Camera is not null).ToDictionary(r => r.Camera!, r => r.Station, StringComparer.Ordinal), rows.Select(r => r.Station).ToHashSet(StringComparer.Ordinal), time.GetUtcNow());
    }

    /// <summary>Why a sighting is not its topic's, in words for the operator; null when it is.</summary>
    /// <returns>And whether it claims what only another station's credentials may say.</returns>
    public (string Reason, bool Forged)? Fault(Sighting s, string topic)
    {
        if (!topic.EndsWith(Suffix, StringComparison.Ordinal) || !topic.AsSpan(0, topic.Length - Suffix.Length).SequenceEqual(s.StationId))
        {
            return ($"stationId is {s.StationId}, but the record came by topic {topic}. Only a station's own topic may bring its sightings.", true);
        }

        var known = _known;
        if (known.StationOf.TryGetValue(s.CameraId, out var station))
        {
            if (station != s.StationId)
            {
                return ($"cameraId is {s.CameraId}, which is a camera of station {station} and not of {s.StationId}.", true);
            }
        }
        else if (known.Stations.Contains(s.StationId))
        {
            return ($"cameraId is {s.CameraId}, and station {s.StationId} has no such camera. If it is a new one, add it on the Administration page and replay this dead letter.", false);
        }

        return s.Evidence is null || IsOwn(s) ? null : ($"evidence is {s.Evidence}, which is not the key of a picture of sighting {s.Id} of station {s.StationId}.", true);
    }

    // A later revision may rest on the picture of an earlier one.
    private static bool IsOwn(Sighting s)
    {
        var first = Sighting.EvidenceKey(s.StationId, s.CapturedAt, s.Id);
        if (s.Evidence == first)
        {
            return true;
        }

        var stem = first.AsSpan(0, first.Length - ".jpg".Length);
        return s.Evidence.AsSpan().StartsWith(stem) && Enumerable.Range(1, s.Revision).Any(r => s.Evidence == Sighting.EvidenceKey(s.StationId, s.CapturedAt, s.Id, r));
    }

    private sealed record Known(Dictionary<string, string> StationOf, HashSet<string> Stations, DateTimeOffset At);
}

/// <summary>A record says something else of a sighting than what is stored, and no later revision: one of the two is wrong, and nobody can tell which.</summary>
internal sealed class ContradictorySightingException : Exception
{
    /// <summary>The same sighting at two times.</summary>
    public ContradictorySightingException(Guid id, DateTimeOffset known, DateTimeOffset said)
        : base($"id is {id}, which is a sighting captured at {known.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'}; a record that says {said.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss.fff'Z'} cannot be the same one. The time of capture is the same in every revision.")
    {
    }

    private ContradictorySightingException(string message)
        : base(message)
    {
    }

    /// <param name="plate">What is stored of the same revision.</param>
    /// <param name="camera">What is stored of the same revision.</param>
    public static void ThrowIf(Sighting said, string? plate, string camera)
    {
        string?[] differences =
        [
            said.Plate == plate ? null : $"plate is {said.Plate ?? "null"} and was {plate ?? "null"}",
            said.CameraId == camera ? null : $"cameraId is {said.CameraId} and was {camera}",
        ];
        if (differences.OfType<string>().ToArray() is { Length: > 0 } found)
        {
            throw new ContradictorySightingException($"Revision {said.Revision} of sighting {said.Id} came before, and this record says otherwise: {string.Join("; ", found)}. What changes is a later revision.");
        }
    }
}

/// <summary>A record has the id of a sighting of another station.</summary>
internal sealed class ForgedSightingException(Sighting sighting, string owner)
    : Exception($"id is {sighting.Id}, which is a sighting of station {owner}; station {sighting.StationId} cannot change it.");

using System.Globalization;
using System.Text;
using System.Text.Json;

namespace SmartCity.Edge.Cameras.Events;

/// <summary>
/// Dahua: ITSAPI's JSON (<c>POST …/NotificationInfo/TollgateInfo</c>: <c>Picture.Plate</c>, <c>Picture.SnapInfo</c>, pictures in base64), or the event <c>TrafficJunction</c> as JSON or as
/// lines <c>Events[0].TrafficCar.PlateNumber=…</c> beside pictures in multipart form, as <c>snapManager.cgi?action=attachFileProc</c> sends it ("Dahua HTTP API", chapter
/// "Subscribe to snapshot information"). Confidence is 0–100, in older models 0–255. A time without an offset is UTC, so the camera's clock must be.
/// </summary>
internal static class DahuaEvent
{
    private static readonly string[] Scenes = ["NormalPic", "VehiclePic", "CutoutPic"];

    public static bool Is(JsonElement json) => (json.TryGetProperty("Picture", out var picture) && picture.ValueKind == JsonValueKind.Object) || Junction(json) is not null;

    public static CameraEvent? Read(JsonElement json, IReadOnlyList<EventPart> parts)
    {
        if (Junction(json) is { } junction)
        {
            return Read(name => Find(junction, name), parts);
        }

        var picture = json.GetProperty("Picture");
        var scene = Scenes.Select(name => (Name: name, Content: Find(picture, $"{name}.Content"))).FirstOrDefault(s => !string.IsNullOrEmpty(s.Content));
        return new CameraEvent(
            new CameraReading
            {
                Plate = EventFormat.Plate(Find(picture, "Plate.PlateNumber") ?? throw new InvalidDataException("The event has no Picture.Plate.PlateNumber."), "Picture.Plate.PlateNumber"),
                Confidence = EventFormat.Share(Find(picture, "Plate.Confidence"), "Picture.Plate.Confidence"),
                Direction = EventFormat.Direction(Find(picture, "SnapInfo.Direction")),
                SpeedKmh = EventFormat.Speed(Find(picture, "Vehicle.Speed") ?? Find(picture, "SnapInfo.Speed")),
            },
            EventFormat.Time(Find(picture, "SnapInfo.AccurateTime") ?? Find(picture, "SnapInfo.SnapTime"), "Picture.SnapInfo.AccurateTime"),
            scene.Content is { } content ? EventFormat.Base64(content, $"Picture.{scene.Name}.Content") : EventFormat.Picture(parts));
    }

    /// <returns>Null for a sign of life.</returns>
    public static CameraEvent? ReadLines(EventPart lines, IReadOnlyList<EventPart> parts)
    {
        if (lines.Begins("Heartbeat"u8))
        {
            return null;
        }

        const string First = "Events[0].";
        var values = Encoding.UTF8.GetString(lines.Text.Span).Split('\n')
            .Where(line => line.StartsWith(First, StringComparison.Ordinal) && line.Contains('=', StringComparison.Ordinal))
            .Select(line => line[First.Length..].Split('=', 2))
            .GroupBy(pair => pair[0].Trim(), pair => pair[1].Trim(), StringComparer.Ordinal)
            .ToDictionary(g => g.Key, g => g.First(), StringComparer.Ordinal);
        return Read(name => values.GetValueOrDefault(name), parts);
    }

    private static CameraEvent Read(Func<string, string?> value, IReadOnlyList<EventPart> parts)
    {
        var code = value("Code");
        if (code is not (null or "TrafficJunction" or "TrafficManualSnap"))
        {
            throw new InvalidDataException($"Code is '{code}'; only TrafficJunction and TrafficManualSnap are taken.");
        }

        return new CameraEvent(
            new CameraReading
            {
                Plate = EventFormat.Plate(value("TrafficCar.PlateNumber") ?? value("Object.Text") ?? throw new InvalidDataException("The event has no TrafficCar.PlateNumber."), "TrafficCar.PlateNumber"),
                Confidence = EventFormat.Share(value("Object.Confidence"), "Object.Confidence"),
                Direction = EventFormat.Direction(value("JunctionDirection")),
                SpeedKmh = EventFormat.Speed(value("TrafficCar.Speed")),
            },
            Seconds(value("RealUTC") ?? value("UTC")) is { } at ? at.AddMilliseconds(Milliseconds(value("UTCMS"))) : null,
            EventFormat.Picture(parts));
    }

    private static DateTimeOffset? Seconds(string? text) =>
        string.IsNullOrEmpty(text) ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds < 32_503_680_000 ? DateTimeOffset.FromUnixTimeSeconds(seconds)
        : throw new InvalidDataException($"UTC is '{text}'; it must be seconds since 1970.");

    private static double Milliseconds(string? text) => double.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds) && milliseconds < 1000 ? milliseconds : 0;

    // The object that tells of the car, wherever it stands.
    private static JsonElement? Junction(JsonElement json) => json.ValueKind switch
    {
        JsonValueKind.Object when json.TryGetProperty("TrafficCar", out var car) && car.ValueKind == JsonValueKind.Object => json,
        JsonValueKind.Object => json.EnumerateObject().Select(p => Junction(p.Value)).FirstOrDefault(found => found is not null),
        JsonValueKind.Array => json.EnumerateArray().Select(Junction).FirstOrDefault(found => found is not null),
        _ => null,
    };

    private static string? Find(JsonElement json, string path)
    {
        foreach (var name in path.Split('.'))
        {
            if (json.ValueKind != JsonValueKind.Object || !json.TryGetProperty(name, out json))
            {
                return null;
            }
        }

        return json.ValueKind is JsonValueKind.String or JsonValueKind.Number ? json.ToString() : null;
    }
}

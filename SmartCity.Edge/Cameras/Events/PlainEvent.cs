using System.Text.Json;

namespace SmartCity.Edge.Cameras.Events;

/// <summary>
/// SmartCity's own form, described in docs/operations.md: <c>plate</c>, <c>confidence</c> (0–1), <c>capturedAt</c>, <c>direction</c>, <c>speed</c> (km/h) and
/// <c>picture</c> (base64, or a part of its own).
/// </summary>
internal static class PlainEvent
{
    private const double Unsaid = 0.5;

    public static CameraEvent Read(JsonElement json, IReadOnlyList<EventPart> parts)
    {
        if (!json.TryGetProperty("plate", out var plate) || plate.ValueKind is not (JsonValueKind.String or JsonValueKind.Null))
        {
            throw new InvalidDataException("plate is missing or no text; it must be the plate that the camera read, or null if it could not read it.");
        }

        var confidence = Number(json, "confidence", 1);
        return new CameraEvent(
            new CameraReading
            {
                Plate = EventFormat.Plate(plate.GetString(), "plate"),
                Confidence = confidence ?? Unsaid,
                Direction = EventFormat.Direction(Text(json, "direction")),
                SpeedKmh = Number(json, "speed", 500),
            },
            EventFormat.Time(Text(json, "capturedAt"), "capturedAt"),
            Text(json, "picture") is { Length: > 0 } picture ? EventFormat.Base64(picture, "picture") : EventFormat.Picture(parts));
    }

    private static string? Text(JsonElement json, string name) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString()
        : throw new InvalidDataException($"{name} must be a text.");

    private static double? Number(JsonElement json, string name, double most) =>
        !json.TryGetProperty(name, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.GetDouble() is var number && number >= 0 && number <= most ? number
        : throw new InvalidDataException($"{name} is '{value}'; it must be a number from 0 to {most}.");
}

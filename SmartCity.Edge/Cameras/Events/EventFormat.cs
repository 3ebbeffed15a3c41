using System.Globalization;
using System.Text.Json;

namespace SmartCity.Edge.Cameras.Events;

/// <summary>Finds out which camera's form an event has, and reads it.</summary>
internal static class EventFormat
{
    private const int LongestPlate = 16;
    private const double Unsaid = 0.5;
    private static readonly string[] Unread = ["", "UNKNOWN", "NOPLATE", "UNLICENSED", "UNRECOGNIZED", "UNRECOGNISED", "NULL"];

    /// <returns>Null for a message that tells of no vehicle, such as a sign of life.</returns>
    /// <exception cref="InvalidDataException">It is no event; the message names what is wrong.</exception>
    public static CameraEvent? Read(IReadOnlyList<EventPart> parts)
    {
        if (parts.FirstOrDefault(p => p.Begins("<"u8)) is { } xml)
        {
            return HikvisionEvent.Read(xml, parts);
        }

        if (parts.FirstOrDefault(p => p.Begins("Events["u8) || p.Begins("Heartbeat"u8)) is { } lines)
        {
            return DahuaEvent.ReadLines(lines, parts);
        }

        if (parts.FirstOrDefault(p => p.Begins("{"u8)) is not { } json)
        {
            throw new InvalidDataException("The body has no event: it must have JSON with a plate, the XML of Hikvision (EventNotificationAlert), or the JSON or text of Dahua (TrafficJunction).");
        }

        using var document = Parse(json);
        try
        {
            return DahuaEvent.Is(document.RootElement) ? DahuaEvent.Read(document.RootElement, parts) : PlainEvent.Read(document.RootElement, parts);
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidDataException("The JSON is not valid: a text in it holds half a character, such as \\ud800, or a field is not what it should be.", e);
        }
    }

    /// <summary>Letters and digits of a plate; null when the camera says that it did not read it.</summary>
    public static string? Plate(string? text, string field)
    {
        var plate = string.Concat((text ?? "").ToUpperInvariant().Where(char.IsAsciiLetterOrDigit));
        return Unread.Contains(plate) ? null
            : plate.Length <= LongestPlate ? plate
            : throw new InvalidDataException($"{field} has {plate.Length} characters; a plate has at most {LongestPlate}.");
    }

    /// <summary>A share from what cameras give: 0–100, or 0–255 in older ones.</summary>
    public static double Share(string? text, string field) =>
        string.IsNullOrWhiteSpace(text) ? Unsaid
        : !double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) || value is < 0 or > 255 ? throw new InvalidDataException($"{field} is '{text}'; it must be from 0 to 100.")
        : value > 100 ? value / 255 : value / 100;

    public static DateTimeOffset? Time(string? text, string field) =>
        string.IsNullOrWhiteSpace(text) ? null
        : DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var time) ? time
        : throw new InvalidDataException($"{field} is '{text}', which is not an ISO 8601 time such as 2026-11-23T08:15:30.120Z.");

    /// <summary>What was measured; null when it is nothing.</summary>
    public static double? Speed(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var speed) && speed is > 0 and <= 500 ? speed : null;

    public static string? Direction(string? text) => text?.Trim().ToLowerInvariant() is { Length: > 0 and <= 40 } direction && direction != "unknown" ? direction : null;

    /// <summary>The part that shows the vehicle: the largest picture that is not named after the plate, else the largest.</summary>
    public static byte[] Picture(IReadOnlyList<EventPart> parts) =>
        parts.Where(p => p.IsPicture).OrderBy(p => p.Name.Contains("plate", StringComparison.OrdinalIgnoreCase)).ThenByDescending(p => p.Content.Length).FirstOrDefault()?.Content
        ?? throw new InvalidDataException("The event has no picture. It is the evidence, so the camera must send it: a JPEG or PNG, as a part of the body or in base64.");

    public static byte[] Base64(string text, string field)
    {
        var comma = text.StartsWith("data:", StringComparison.Ordinal) ? text.IndexOf(',', StringComparison.Ordinal) + 1 : 0;
        try
        {
            return Convert.FromBase64String(text[comma..]);
        }
        catch (FormatException e)
        {
            throw new InvalidDataException($"{field} is not valid base64.", e);
        }
    }

    private static JsonDocument Parse(EventPart part)
    {
        try
        {
            return JsonDocument.Parse(part.Text);
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The JSON is not valid: {e.Message}", e);
        }
    }
}

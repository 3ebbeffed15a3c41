using System.Text.Json;
using SmartCity.Contracts;

namespace SmartCity.Core.Ops;

/// <summary>A record's bytes to a heartbeat that every page can show, or the reason why not in words for the operator.</summary>
internal static class HeartbeatParser
{
    /// <summary>More than any station sees in an hour.</summary>
    public const long MostInAnHour = 100_000_000;

    private const int LongestName = 512;
    private const int LongestText = 10_000;
    private const int MostElements = 10_000;

    public static (StationHeartbeat? Heartbeat, string? Reason) Parse(ReadOnlySpan<byte> value)
    {
        if (value.IsEmpty)
        {
            return (null, "The record is empty.");
        }

        StationHeartbeat? heartbeat;
        try
        {
            heartbeat = JsonSerializer.Deserialize(value, ContractsJson.Default.StationHeartbeat);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            return (null, $"Not a heartbeat: {e.Message}");
        }

        return heartbeat is null ? (null, "Not a heartbeat: the record is a JSON null.") : Fault(heartbeat) is { } fault ? (null, fault) : (heartbeat, null);
    }

    private static string? Fault(StationHeartbeat h) =>
        NameFault("stationId", h.StationId)
        ?? ListFault("cameras", h.Cameras)
        ?? h.Cameras.Select(CameraFault).FirstOrDefault(f => f is not null)
        ?? (h.Cameras.GroupBy(c => c.CameraId, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1) is { Key: var twice } ? $"cameras names {twice} twice." : null)
        ?? ListFault("problems", h.Problems)
        ?? h.Problems.Select(p => TextFault("problems", p)).FirstOrDefault(f => f is not null)
        ?? ListFault("published", h.Published ?? [])
        ?? h.Published?.Select(PublishedFault).FirstOrDefault(f => f is not null)
        ?? ListFault("models", h.Models ?? [])
        ?? TextFault("kafka.error", h.Kafka?.Error)
        ?? TextFault("mirror.error", h.Mirror?.Error)
        ?? TextFault("hotlist.error", h.Hotlist?.Error)
        ?? (h.Clock is { Source: null } ? "clock.source is empty." : TextFault("clock.source", h.Clock?.Source));

    private static string? CameraFault(CameraHeartbeat c) =>
        NameFault("cameras.cameraId", c.CameraId) ?? NameFault("cameras.state", c.State) ?? TextFault("cameras.error", c.Error) ?? TextFault("cameras.badFrame", c.BadFrame);

    private static string? PublishedFault(PublishedHour hour) =>
        hour.Count is < 0 or > MostInAnHour ? $"published says that {hour.Count} sightings were captured in one hour; it must be from 0 to {MostInAnHour}." : null;

    private static string? ListFault<T>(string field, IReadOnlyList<T?> list)
        where T : class =>
        list.Count > MostElements ? $"{field} has {list.Count} elements; at most {MostElements} are allowed." : list.Any(e => e is null) ? $"{field} contains null." : null;

    private static string? NameFault(string field, string? text) =>
        string.IsNullOrEmpty(text) ? $"{field} is empty."
        : text.Length > LongestName ? $"{field} is longer than {LongestName} characters."
        : text.Any(char.IsControl) ? $"{field} has control characters."
        : null;

    // It may be what an exception says, of several lines.
    private static string? TextFault(string field, string? text) =>
        text?.Length > LongestText ? $"{field} is longer than {LongestText} characters." : text?.Contains('\0', StringComparison.Ordinal) == true ? $"{field} has the character U+0000." : null;
}

using System.Text.Json;
using SmartCity.Contracts;

namespace SmartCity.Core.Sightings;

/// <summary>A record's bytes to a sighting that the database can hold, or the reason why not in words for the operator.</summary>
public static class SightingParser
{
    private const int LongestText = 512;
    private const int LongestPlate = 12;
    private const int MostElements = 256;
    private const int MostRevisions = 1000;

    public static (Sighting? Sighting, string? Reason) Parse(ReadOnlySpan<byte> value, string? schema, DateTimeOffset now, SightingOptions limits)
    {
        if (schema is not null && schema != RecordHeaders.SightingSchema)
        {
            return (null, $"Schema '{Shorten(schema)}' is not known; this core reads {RecordHeaders.SightingSchema}.");
        }

        if (value.IsEmpty)
        {
            return (null, "The record is empty.");
        }

        Sighting? sighting;
        try
        {
            sighting = JsonSerializer.Deserialize(value, ContractsJson.Default.Sighting);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            return (null, $"Not a sighting: {e.Message}");
        }

        if (sighting is null)
        {
            return (null, "Not a sighting: the record is a JSON null.");
        }

        return Fault(sighting, now, limits) is { } fault ? (null, fault) : (sighting with { CapturedAt = Microseconds(sighting.CapturedAt) }, null);
    }

    private static string? Fault(Sighting s, DateTimeOffset now, SightingOptions limits)
    {
        if (s.Id == Guid.Empty)
        {
            return "id is empty.";
        }

        if (s.CapturedAt > now + limits.FutureTolerance)
        {
            return $"capturedAt {s.CapturedAt:O} is in the future by more than {limits.FutureTolerance:g} (Core:Sightings:FutureTolerance): the station's clock is wrong.";
        }

        if (s.CapturedAt < now - limits.PastTolerance)
        {
            return $"capturedAt {s.CapturedAt:O} is more than {limits.PastTolerance.TotalDays:0} days in the past (Core:Sightings:PastTolerance): the station's clock is wrong, or a recording is older than that. #start= behind a camera's source says when a recording was taken.";
        }

        if (s.Plate is { } plate && !IsPlate(plate))
        {
            return $"plate must have 1 to {LongestPlate} characters of A-Z and 0-9.";
        }

        if (!IsProbability(s.Confidence))
        {
            return $"confidence {s.Confidence} is not a probability.";
        }

        if (s.Characters is null || s.Characters.Count > MostElements || !s.Characters.All(IsProbability))
        {
            return "characters are not probabilities.";
        }

        if (s.Alternatives is null || s.Alternatives.Count > MostElements || !s.Alternatives.All(a => a?.Plate is { } p && IsPlate(p) && IsProbability(a.Confidence)))
        {
            return "alternatives contain a plate or a confidence that is not valid.";
        }

        if (s.Box is null || s.Box.Count is not (0 or 4))
        {
            return "box must have four numbers.";
        }

        if (s.Revision is < 0 or > MostRevisions)
        {
            return $"revision must be from 0 to {MostRevisions}.";
        }

        if (s.Frames < 0 || s.SpeedKmh is { } speed && !(double.IsFinite(speed) && speed >= 0))
        {
            return "frames or speedKmh is not possible.";
        }

        return TextFault("stationId", s.StationId, required: true)
            ?? (IsName(s.StationId) ? null : "stationId must have only letters, digits, '-', '_' and '.', and must not begin with '.'.")
            ?? TextFault("cameraId", s.CameraId, required: true)
            ?? TextFault("direction", s.Direction)
            ?? TextFault("movement", s.Movement)
            ?? TextFault("country", s.Country)
            ?? TextFault("format", s.Format)
            ?? TextFault("evidence", s.Evidence)
            ?? DigestFault("evidenceSha256", s.EvidenceSha256)
            ?? DigestFault("patchSha256", s.PatchSha256)
            ?? TextFault("readerVersion", s.ReaderVersion)
            ?? TextFault("detectorVersion", s.DetectorVersion);
    }

    // Postgres text can't hold U+0000.
    private static string? TextFault(string field, string? text, bool required = false) =>
        text is null or "" ? (required ? $"{field} is empty." : null)
        : text.Length > LongestText ? $"{field} is longer than {LongestText} characters."
        : text.Any(char.IsControl) ? $"{field} has control characters."
        : null;

    private static string? DigestFault(string field, string? text) =>
        text is null || (text.Length == 64 && text.All(char.IsAsciiHexDigit)) ? null : $"{field} must have 64 hexadecimal digits.";

    private static bool IsPlate(string text) => text.Length is > 0 and <= LongestPlate && text.All(c => c is (>= 'A' and <= 'Z') or (>= '0' and <= '9'));

    // It is a part of the archive's object names, as it is of the topic's.
    private static bool IsName(string text) => text[0] != '.' && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static bool IsProbability(double value) => value is >= 0 and <= 1;

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";

    // What Postgres keeps; the same instant has to compare equal here and there.
    private static DateTimeOffset Microseconds(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMicrosecond, TimeSpan.Zero);
}

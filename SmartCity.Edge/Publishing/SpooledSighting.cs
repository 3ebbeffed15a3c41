using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>What a record of the spool holds: the sighting as it goes on the wire, and the W3C trace context that produced it.</summary>
/// <param name="Wanted">True when the edge's hot-list looks for the vehicle; else null.</param>
internal sealed record SpooledSighting(Sighting Sighting, string? TraceParent, string? TraceState, bool? Wanted = null)
{
    /// <summary>Which revision of which sighting it is.</summary>
    [JsonIgnore]
    public PictureName Name => PictureName.Of(Sighting);

    public ActivityContext Trace => ActivityContext.TryParse(TraceParent, TraceState, isRemote: true, out var context) ? context : default;

    public static byte[] Write(Sighting sighting, ActivityContext trace, bool wanted = false) => JsonSerializer.SerializeToUtf8Bytes(
        new SpooledSighting(
            sighting,
            trace == default ? null : $"00-{trace.TraceId}-{trace.SpanId}-{(trace.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? "01" : "00")}",
            trace.TraceState,
            wanted ? true : null),
        SpoolJson.Default.SpooledSighting);

    /// <summary>False when the payload is not a spooled sighting.</summary>
    public static bool TryRead(byte[] payload, [NotNullWhen(true)] out SpooledSighting? spooled)
    {
        try
        {
            spooled = JsonSerializer.Deserialize(payload, SpoolJson.Default.SpooledSighting) is { Sighting: not null } read ? read : null;
        }
        catch (JsonException)
        {
            spooled = null;
        }

        return spooled is not null;
    }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, Converters = [typeof(UtcMillisecondsConverter)])]
[JsonSerializable(typeof(SpooledSighting))]
internal sealed partial class SpoolJson : JsonSerializerContext;

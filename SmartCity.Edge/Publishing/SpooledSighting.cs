using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>What a record of the spool holds: the sighting as it goes on the wire, and the trace that produced it.</summary>
internal sealed record SpooledSighting(Sighting Sighting, string? TraceId, string? SpanId)
{
    public ActivityContext Trace => TraceId is null || SpanId is null
        ? default
        : new ActivityContext(ActivityTraceId.CreateFromString(TraceId), ActivitySpanId.CreateFromString(SpanId), ActivityTraceFlags.Recorded, isRemote: true);

    public static byte[] Write(Sighting sighting, ActivityContext trace) => JsonSerializer.SerializeToUtf8Bytes(
        new SpooledSighting(sighting, trace == default ? null : trace.TraceId.ToHexString(), trace == default ? null : trace.SpanId.ToHexString()),
        SpoolJson.Default.SpooledSighting);

    /// <exception cref="JsonException">The payload is not a spooled sighting.</exception>
    public static SpooledSighting Read(byte[] payload) =>
        JsonSerializer.Deserialize(payload, SpoolJson.Default.SpooledSighting) ?? throw new JsonException("A spool record is empty.");
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, Converters = [typeof(UtcMillisecondsConverter)])]
[JsonSerializable(typeof(SpooledSighting))]
internal sealed partial class SpoolJson : JsonSerializerContext;

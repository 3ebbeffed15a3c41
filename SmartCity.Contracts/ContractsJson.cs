using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Contracts.Cities;

namespace SmartCity.Contracts;

/// <summary>JSON on the wire: camelCase, times as UTC ISO 8601 with milliseconds.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    Converters = [typeof(UtcMillisecondsConverter)],
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true)]
[JsonSerializable(typeof(Sighting))]
[JsonSerializable(typeof(StationHeartbeat))]
[JsonSerializable(typeof(City))]
[JsonSerializable(typeof(EdgeConfiguration))]
[JsonSerializable(typeof(CameraMotion))]
[JsonSerializable(typeof(EdgeSightings))]
[JsonSerializable(typeof(EdgeSightingsAsked))]
[JsonSerializable(typeof(EdgeSightingsMissing))]
[JsonSerializable(typeof(EdgeUploadsAsked))]
[JsonSerializable(typeof(EdgeUploads))]
[JsonSerializable(typeof(EdgeStrip))]
[JsonSerializable(typeof(Api.AlertView))]
[JsonSerializable(typeof(Api.ChargedFacts))]
[JsonSerializable(typeof(LocalMatch))]
[JsonSerializable(typeof(Models.ModelManifest))]
[JsonSerializable(typeof(Models.ModelOrder))]
[JsonSerializable(typeof(Models.ModelRelease))]
[JsonSerializable(typeof(Faces.FaceExchange))]
[JsonSerializable(typeof(Faces.FaceOrders))]
[JsonSerializable(typeof(Faces.FaceMatch))]
public sealed partial class ContractsJson : JsonSerializerContext;

/// <summary>Writes <c>2026-11-23T08:15:30.120Z</c>; reads any ISO 8601 time with an offset and converts it to UTC. One without says nothing of when it was.</summary>
public sealed class UtcMillisecondsConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        // A time without an offset is read as one of a kind that is not said.
        var isBare = reader.TokenType == JsonTokenType.String && reader.TryGetDateTime(out var time) && time.Kind == DateTimeKind.Unspecified;
        return isBare ? throw new JsonException($"The time '{reader.GetString()}' has no offset; write it like 2026-11-23T08:15:30Z.") : reader.GetDateTimeOffset().ToUniversalTime();
    }

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options)
    {
        Span<char> text = stackalloc char[24];
        value.UtcDateTime.TryFormat(text, out var written, "yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);
        writer.WriteStringValue(text[..written]);
    }
}

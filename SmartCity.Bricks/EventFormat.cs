using System.Net.Mime;
using System.Text.Json;
using CloudNative.CloudEvents;
using CloudNative.CloudEvents.Extensions;
using CloudNative.CloudEvents.SystemTextJson;

namespace SmartCity.Bricks;

/// <summary>Events in CloudEvents' JSON format (structured mode).</summary>
internal static class EventFormat<T>
{
    public const string ContentType = "application/cloudevents+json";
    public const string BatchContentType = "application/cloudevents-batch+json";

    private static readonly JsonEventFormatter Formatter = new();
    private static readonly CloudEventAttribute TraceParent = CloudEventAttribute.CreateExtension("traceparent", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute TraceState = CloudEventAttribute.CreateExtension("tracestate", CloudEventAttributeType.String);
    private static readonly CloudEventAttribute[] Extensions = [Partitioning.PartitionKeyAttribute, TraceParent, TraceState];

    /// <exception cref="JsonException">It is no event; the message says why.</exception>
    public static CloudEvent<T> Read(ReadOnlyMemory<byte> body, JsonSerializerOptions json) => Refusing(() => Of(Formatter.DecodeStructuredModeMessage(body, new ContentType(ContentType), Extensions), json));

    /// <inheritdoc cref="Read"/>
    public static List<CloudEvent<T>> ReadBatch(ReadOnlyMemory<byte> body, JsonSerializerOptions json) =>
        Refusing(() => Formatter.DecodeBatchModeMessage(body, new ContentType(BatchContentType), Extensions).Select(e => Of(e, json)).ToList());

    public static byte[] Write(CloudEvent<T> e, JsonSerializerOptions json)
    {
        var cloud = new CloudEvent(Extensions)
        {
            Id = e.Id,
            Source = new Uri(e.Source, UriKind.RelativeOrAbsolute),
            Type = e.Type,
            Subject = e.Subject,
            Time = e.Time,
            DataContentType = e.DataContentType ?? EventData<T>.ContentType,
            DataSchema = e.DataSchema is null ? null : new Uri(e.DataSchema),
            Data = e.Data is byte[] or string ? e.Data : JsonSerializer.SerializeToElement(e.Data, json),
        };
        cloud[Partitioning.PartitionKeyAttribute] = e.Key;
        cloud[TraceParent] = e.TraceParent;
        cloud[TraceState] = e.TraceState;
        return Formatter.EncodeStructuredModeMessage(cloud, out _).ToArray();
    }

    private static CloudEvent<T> Of(CloudEvent e, JsonSerializerOptions json) => new()
    {
        Id = e.Id!,
        Source = e.Source!.OriginalString,
        Type = e.Type!,
        Subject = e.Subject,
        Time = e.Time,
        DataContentType = e.DataContentType,
        DataSchema = e.DataSchema?.OriginalString,
        Key = (string?)e[Partitioning.PartitionKeyAttribute],
        TraceParent = (string?)e[TraceParent],
        TraceState = (string?)e[TraceState],
        Data = e.Data switch
        {
            T data when typeof(T) != typeof(object) => data,
            JsonElement element when typeof(T) == typeof(string) => (T)(object)element.GetRawText(),
            JsonElement element when typeof(T) == typeof(byte[]) => (T)(object)JsonSerializer.SerializeToUtf8Bytes(element),
            JsonElement element => element.Deserialize<T>(json) ?? throw new JsonException("The data is null."),
            byte[] bytes => EventData<T>.Read(bytes, json),
            string text => EventData<T>.Read(System.Text.Encoding.UTF8.GetBytes(text), json),
            _ => throw new JsonException("The event has no data."),
        },
    };

    private static TResult Refusing<TResult>(Func<TResult> read)
    {
        try
        {
            return read();
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidOperationException)
        {
            throw new JsonException(e.Message, e);
        }
    }
}

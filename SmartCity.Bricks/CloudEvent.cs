namespace SmartCity.Bricks;

/// <summary>An event as CloudEvents 1.0 has it. Source and id together are its identity: whatever has both alike is the same event.</summary>
/// <typeparam name="T">Its data: anything that JSON can be read into; <c>string</c> and <c>byte[]</c> are taken as they are.</typeparam>
public sealed record CloudEvent<T>
{
    /// <summary>Unique within <see cref="Source"/>.</summary>
    public required string Id { get; init; }

    /// <summary>Where it happened: a URI reference, such as <c>/belts/3</c>.</summary>
    public required string Source { get; init; }

    /// <summary>What happened, such as <c>parcel.weighed</c>.</summary>
    public required string Type { get; init; }

    /// <summary>What it happened to; null where that is not said.</summary>
    public string? Subject { get; init; }

    /// <summary>When it happened; null where that is not said.</summary>
    public DateTimeOffset? Time { get; init; }

    /// <summary>Media type of the data as it was or will be sent; null for JSON.</summary>
    public string? DataContentType { get; init; }

    /// <summary>URI of the schema of the data; null where there is none.</summary>
    public string? DataSchema { get; init; }

    /// <summary>Events of one key are handled one after another (the extension <c>partitionkey</c>, in Kafka the record's key); null for an event that needs no order.</summary>
    public string? Key { get; init; }

    /// <summary>W3C trace context of who made it (the extension <c>traceparent</c>); null where there is none.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The extension <c>tracestate</c>; null where there is none.</summary>
    public string? TraceState { get; init; }

    public required T Data { get; init; }

    /// <summary>The same event with other data.</summary>
    public CloudEvent<TOther> With<TOther>(TOther data) => new()
    {
        Id = Id,
        Source = Source,
        Type = Type,
        Subject = Subject,
        Time = Time,
        DataSchema = null,
        Key = Key,
        TraceParent = TraceParent,
        TraceState = TraceState,
        Data = data,
    };
}

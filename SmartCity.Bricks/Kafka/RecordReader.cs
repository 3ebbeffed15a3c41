using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;

namespace SmartCity.Bricks.Kafka;

/// <summary>A record → an event: structured or binary mode, or a plain record, which is named by its place. Thread-safe.</summary>
internal sealed class RecordReader<T>(JsonSerializerOptions json, TimeProvider clock)
{
    // Lengths of a time up to its seconds, and with all of its fraction and a Z.
    private const int Seconds = 19;
    private const int Ticks = 28;

    private readonly Repeated _source = new();
    private readonly Repeated _type = new();
    private readonly Repeated _contentType = new();

    /// <summary>Whatever can be read later, beside other records, is not read yet.</summary>
    public Arrival<T> Take(ConsumeResult<byte[]?, byte[]?> record, Stretch place)
    {
        var bytes = BytesOf(record.Message);
        if (Text(record.Message.Key) is { } key)
        {
            return new Arrival<T>(key, null, bytes, record, place);
        }

        // The event alone knows its key then.
        return TryRead(record, null, out var e, out _) ? new Arrival<T>(e!.Key ?? e.Id, e, bytes, record, place) : new Arrival<T>(Place(record), null, bytes, record, place);
    }

    /// <param name="key">Of its lane.</param>
    /// <param name="unreadable">Why it is no event.</param>
    public bool TryRead(ConsumeResult<byte[]?, byte[]?> record, string? key, out CloudEvent<T>? read, out string? unreadable)
    {
        try
        {
            (read, unreadable) = (Read(record, record.Message.Key is null ? null : key), null);
            return true;
        }
        catch (Exception e) when (e is not OperationCanceledException) // a constructor or converter of T may throw anything
        {
            (read, unreadable) = (null, $"The record cannot be read: {e.Message}");
            return false;
        }
    }

    /// <summary>The dead letter of exactly what came.</summary>
    public DeadLetter Letter(ConsumeResult<byte[]?, byte[]?> record, DeadLetter? known, string? unreadable) => new()
    {
        Reason = known?.Reason ?? unreadable!,
        Attempts = known?.Attempts ?? 0,
        At = known?.At ?? clock.GetUtcNow(),
        Source = known?.Source ?? record.Topic,
        Id = known?.Id ?? Place(record),
        Key = record.Message.Key,
        Value = record.Message.Value,
        Headers = record.Message.Headers?.Select(h => new KeyValuePair<string, byte[]?>(h.Key, h.GetValueBytes())).ToList() ?? [],
    };

    /// <exception cref="JsonException">It is no event.</exception>
    /// <exception cref="FormatException">It is no event.</exception>
    private CloudEvent<T> Read(ConsumeResult<byte[]?, byte[]?> record, string? key)
    {
        var (message, headers) = (record.Message, default(Attributes));
        if (message.Headers is { } all)
        {
            for (var i = 0; i < all.Count; i++)
            {
                headers.Take(all[i]);
            }
        }

        var value = message.Value ?? throw new JsonException("The record has no value.");
        var contentType = _contentType.Text(headers.ContentType);
        if (contentType?.StartsWith(EventFormat<T>.ContentType, StringComparison.OrdinalIgnoreCase) == true)
        {
            var e = EventFormat<T>.Read(value, json);
            return e with { Key = key ?? e.Key, TraceParent = e.TraceParent ?? Text(headers.TraceParent), TraceState = e.TraceState ?? Text(headers.TraceState) };
        }

        if (headers.Id is not null && (headers.Source is null || headers.Type is null))
        {
            throw new FormatException($"it has ce_id, but no {(headers.Source is null ? "ce_source" : "ce_type")}.");
        }

        return new CloudEvent<T>
        {
            Id = Text(headers.Id) ?? Place(record),
            Source = _source.Text(headers.Source) ?? record.Topic,
            Type = _type.Text(headers.Type) ?? record.Topic,
            Subject = Text(headers.Subject),
            Time = Time(headers.Time) ?? new DateTimeOffset(message.Timestamp.UtcDateTime),
            DataContentType = contentType,
            DataSchema = Text(headers.DataSchema),
            Key = key,
            TraceParent = Text(headers.TraceParent),
            TraceState = Text(headers.TraceState),
            Data = EventData<T>.Read(value, json),
        };
    }

    private static int BytesOf(Message<byte[]?, byte[]?> message)
    {
        var bytes = (message.Key?.Length ?? 0) + (message.Value?.Length ?? 0);
        for (var i = 0; i < (message.Headers?.Count ?? 0); i++)
        {
            bytes += message.Headers![i].GetValueBytes()?.Length ?? 0;
        }

        return bytes;
    }

    private static string Place(ConsumeResult<byte[]?, byte[]?> record) => string.Create(CultureInfo.InvariantCulture, $"{record.Partition.Value}/{record.Offset.Value}");

    private static string? Text(byte[]? bytes) => bytes is null ? null : Encoding.UTF8.GetString(bytes);

    // As EventHeaders writes it, with the fraction filled up to what the quick parser takes; or in any other way that RFC 3339 knows.
    private static DateTimeOffset? Time(byte[]? bytes)
    {
        if (bytes is null)
        {
            return null;
        }

        if (bytes is { Length: >= Seconds + 1 and <= Ticks } and [.., (byte)'Z'])
        {
            Span<byte> full = stackalloc byte[Ticks];
            full.Fill((byte)'0');
            bytes.AsSpan(..^1).CopyTo(full);
            (full[Seconds], full[^1]) = ((byte)'.', (byte)'Z');
            if (Utf8Parser.TryParse(full, out DateTimeOffset time, out var read, 'O') && read == Ticks)
            {
                return time;
            }
        }

        return DateTimeOffset.Parse(Encoding.UTF8.GetString(bytes), CultureInfo.InvariantCulture);
    }

    /// <summary>The text of a header that is mostly the same.</summary>
    private sealed class Repeated
    {
        private Known? _known;

        public string? Text(byte[]? bytes)
        {
            if (bytes is null)
            {
                return null;
            }

            if (_known is { } known && bytes.AsSpan().SequenceEqual(known.Bytes))
            {
                return known.Text;
            }

            var text = Encoding.UTF8.GetString(bytes);
            _known = new Known(bytes, text);
            return text;
        }

        private sealed record Known(byte[] Bytes, string Text);
    }

    private struct Attributes
    {
        public byte[]? Id;
        public byte[]? Source;
        public byte[]? Type;
        public byte[]? Subject;
        public byte[]? Time;
        public byte[]? DataSchema;
        public byte[]? ContentType;
        public byte[]? TraceParent;
        public byte[]? TraceState;

        public void Take(IHeader header)
        {
            switch (header.Key)
            {
                case "ce_id": Id = header.GetValueBytes(); break;
                case "ce_source": Source = header.GetValueBytes(); break;
                case "ce_type": Type = header.GetValueBytes(); break;
                case "ce_subject": Subject = header.GetValueBytes(); break;
                case "ce_time": Time = header.GetValueBytes(); break;
                case "ce_dataschema": DataSchema = header.GetValueBytes(); break;
                case EventHeaders.ContentType: ContentType = header.GetValueBytes(); break;
                case EventHeaders.TraceParent or "ce_traceparent": TraceParent = header.GetValueBytes(); break;
                case EventHeaders.TraceState or "ce_tracestate": TraceState = header.GetValueBytes(); break;
                default: break;
            }
        }
    }
}

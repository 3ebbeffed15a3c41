using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;

namespace SmartCity.Bricks.Kafka;

/// <summary>CloudEvents' attributes as record headers (binary mode of the Kafka binding): <c>ce_id</c>, <c>ce_source</c>, <c>ce_type</c>, …; the value is the data alone.</summary>
public static class EventHeaders
{
    internal const string ContentType = "content-type";
    internal const string TraceParent = "traceparent";
    internal const string TraceState = "tracestate";

    private static readonly byte[] Version = "1.0"u8.ToArray();

    /// <summary>Adds the attributes of an event to a record that has its value and headers already.</summary>
    /// <param name="time">When it happened.</param>
    public static void Add(Headers headers, string id, string source, string type, DateTimeOffset? time = null, string? subject = null)
    {
        headers.Add("ce_specversion", Version);
        headers.Add("ce_id", Encoding.UTF8.GetBytes(id));
        headers.Add("ce_source", Encoding.UTF8.GetBytes(source));
        headers.Add("ce_type", Encoding.UTF8.GetBytes(type));
        if (time is { } at)
        {
            headers.Add("ce_time", Encoding.ASCII.GetBytes(at.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture)));
        }

        if (subject is not null)
        {
            headers.Add("ce_subject", Encoding.UTF8.GetBytes(subject));
        }
    }

    internal static Headers Of<T>(CloudEvent<T> e)
    {
        var headers = new Headers { { ContentType, Encoding.UTF8.GetBytes(e.DataContentType ?? EventData<T>.ContentType) } };
        Add(headers, e.Id, e.Source, e.Type, e.Time, e.Subject);
        if (e.DataSchema is not null)
        {
            headers.Add("ce_dataschema", Encoding.UTF8.GetBytes(e.DataSchema));
        }

        // Who makes an event while handling another is its parent.
        if ((Activity.Current?.Id ?? e.TraceParent) is { } parent)
        {
            headers.Add(TraceParent, Encoding.ASCII.GetBytes(parent));
            if ((Activity.Current is { } current ? current.TraceStateString : e.TraceState) is { Length: > 0 } state)
            {
                headers.Add(TraceState, Encoding.ASCII.GetBytes(state));
            }
        }

        return headers;
    }
}

using System.Diagnostics;
using System.Text;
using Confluent.Kafka;
using SmartCity.Contracts;

namespace SmartCity.ServiceDefaults.Kafka;

/// <summary>W3C trace context in record headers.</summary>
public static class TracePropagation
{
    /// <summary>Writes <c>traceparent</c> and <c>tracestate</c> of a context; nothing when it is empty.</summary>
    public static void Inject(Headers headers, ActivityContext context)
    {
        if (context == default)
        {
            return;
        }

        headers.Add(RecordHeaders.TraceParent, Encoding.ASCII.GetBytes($"00-{context.TraceId}-{context.SpanId}-{(context.TraceFlags.HasFlag(ActivityTraceFlags.Recorded) ? "01" : "00")}"));
        if (context.TraceState is { Length: > 0 } state)
        {
            headers.Add(RecordHeaders.TraceState, Encoding.ASCII.GetBytes(state));
        }
    }

    /// <summary>The context in the headers, default when there is none or it is not valid.</summary>
    public static ActivityContext Extract(Headers? headers)
    {
        // A header may be there without a value.
        if (headers is null || !headers.TryGetLastBytes(RecordHeaders.TraceParent, out var parent) || parent is null)
        {
            return default;
        }

        var state = headers.TryGetLastBytes(RecordHeaders.TraceState, out var bytes) && bytes is not null ? Encoding.ASCII.GetString(bytes) : null;
        return ActivityContext.TryParse(Encoding.ASCII.GetString(parent), state, isRemote: true, out var context) ? context : default;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using SmartCity.ServiceDefaults;

namespace SmartCity.AllInOne.Replay;

/// <summary>When each frame went into the pipeline, by trace. A file's capture time says nothing of that.</summary>
internal sealed class FrameTimes : IDisposable
{
    private readonly ConcurrentDictionary<string, DateTime> _started = new(StringComparer.Ordinal);
    private readonly ActivityListener _listener;

    public FrameTimes()
    {
        _listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == Telemetry.Name,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStarted = activity =>
            {
                if (activity.OperationName == "frame")
                {
                    _started[activity.TraceId.ToHexString()] = activity.StartTimeUtc;
                }
            },
        };
        ActivitySource.AddActivityListener(_listener);
    }

    /// <summary>From frame to stored, for sightings of this replay; null for others.</summary>
    public TimeSpan? Until(string traceId, DateTime storedUtc) => _started.TryGetValue(traceId, out var started) ? storedUtc - started : null;

    public void Dispose() => _listener.Dispose();
}

using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace SmartCity.Bricks;

internal static class BricksTelemetry
{
    public const string Name = "SmartCity.Bricks";

    public static ActivitySource Source { get; } = new(Name);

    private static readonly Meter Meter = new(Name);

    public static Counter<long> Done { get; } = Meter.CreateCounter<long>("smartcity.bricks.done", "{event}", "Events whose work is done.");

    public static Counter<long> Retried { get; } = Meter.CreateCounter<long>("smartcity.bricks.retried", "{attempt}", "Attempts that failed and were made again.");

    public static Counter<long> Dead { get; } = Meter.CreateCounter<long>("smartcity.bricks.dead_letters", "{event}", "Events that were given up.");

    public static Counter<long> Unburied { get; } = Meter.CreateCounter<long>("smartcity.bricks.dead_letters_refused", "{attempt}", "Attempts to hand over a dead letter that failed; until one succeeds, nothing of its key goes on.");

    public static Counter<long> Repeated { get; } = Meter.CreateCounter<long>("smartcity.bricks.repeated", "{event}", "Events that had been done before and were passed over.");

    /// <summary>A span for one event, the child of who made it; null while nobody listens.</summary>
    public static Activity? Start(string does, string type, ActivityKind kind, string? traceParent, string? traceState)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        return Source.StartActivity(does + type, kind, traceParent is not null && ActivityContext.TryParse(traceParent, traceState, isRemote: true, out var parent) ? parent : default);
    }
}

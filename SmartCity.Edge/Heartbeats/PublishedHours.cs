using SmartCity.Contracts;
using SmartCity.Edge.Publishing;

namespace SmartCity.Edge.Heartbeats;

/// <summary>What heartbeats say of the hours: those that changed since the heartbeat before, and all of them every ten minutes, because a heartbeat may be lost.</summary>
internal sealed class PublishedHours(TimeProvider time)
{
    private static readonly TimeSpan AllEvery = TimeSpan.FromMinutes(10);

    private readonly Dictionary<string, Told> _told = new(StringComparer.Ordinal);

    public IReadOnlyList<PublishedHour> Of(StationSpool spool)
    {
        var hours = spool.Stretches.Published(spool.Delivered);
        if (!_told.TryGetValue(spool.StationId, out var told) || time.GetElapsedTime(told.All) > AllEvery)
        {
            told = new Told(time.GetTimestamp(), []);
        }

        var changed = hours.FindAll(h => !told.Hours.Contains(h));
        _told[spool.StationId] = told with { Hours = [.. hours] };
        return changed;
    }

    private sealed record Told(long All, HashSet<PublishedHour> Hours);
}

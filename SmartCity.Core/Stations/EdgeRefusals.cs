using System.Collections.Concurrent;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Stations;

/// <summary>Edges' keys that asked for another station's cameras: a line of the audit an hour, for an edge asks every few seconds.</summary>
internal sealed class EdgeRefusals(AuditLog audit, TimeProvider time)
{
    private static readonly TimeSpan Every = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Key, string Stations), DateTimeOffset> _written = new();

    public async Task AddAsync(string key, string stations)
    {
        var now = time.GetUtcNow();
        if (_written.TryGetValue((key, stations), out var at) && now - at < Every)
        {
            return;
        }

        await audit.AppendAsync(key, "access.refused", $"GET /api/edge/configuration of {stations}", null, null);
        _written[(key, stations)] = now;
    }
}

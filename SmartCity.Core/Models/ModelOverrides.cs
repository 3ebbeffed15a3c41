using System.Collections.Concurrent;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Models;

/// <summary>A version that did not pass is promoted only when two administrators say so, each with a reason. What the first one asked is kept for an hour by this core.</summary>
internal sealed class ModelOverrides(TimeProvider time)
{
    private static readonly TimeSpan Kept = TimeSpan.FromHours(1);

    private readonly ConcurrentDictionary<(string Version, string By), DateTimeOffset> _asked = new();

    /// <param name="change">The call's: what the first one asked counts until the second one's call has changed something.</param>
    /// <returns>What is still needed, in plain English; null if two have agreed.</returns>
    public Task<string?> AgreeAsync(string version, string by, string? first, string reason, AuditedChange change, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var now = time.GetUtcNow();
        if (reason.Length < 3)
        {
            return Task.FromResult<string?>("To promote it all the same, two administrators must ask for it, each with a reason in the header Audit-Reason.");
        }

        if (first is not null && first != by && _asked.TryGetValue((version, first), out var at) && now - at <= Kept)
        {
            change.Afterwards(() => { _asked.TryRemove((version, first), out _); });
            return Task.FromResult<string?>(null);
        }

        _asked[(version, by)] = now;
        return Task.FromResult<string?>($"Your request is kept for an hour: another administrator must promote it too and name {by} in overrideOf.");
    }
}

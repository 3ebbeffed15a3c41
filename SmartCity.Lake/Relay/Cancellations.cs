using System.Collections.Concurrent;

namespace SmartCity.Lake.Relay;

/// <summary>Which sessions may run in the lake, by the keys that their clients have: a request to cancel names one.</summary>
internal sealed class Cancellations
{
    private readonly ConcurrentDictionary<string, Func<bool>> _sessions = new(StringComparer.Ordinal);

    /// <summary>Of the sessions of this process.</summary>
    public IEnumerable<byte[]> Keys => _sessions.Keys.Select(Convert.FromHexString);

    /// <param name="cancel">Whether there was something to cancel.</param>
    public void Add(ReadOnlySpan<byte> key, Func<bool> cancel) => _sessions[Convert.ToHexString(key)] = cancel;

    public void Remove(string? key)
    {
        if (key is not null)
        {
            _sessions.TryRemove(key, out _);
        }
    }

    /// <summary>Whether the session is of this process.</summary>
    public bool Has(ReadOnlySpan<byte> key) => _sessions.ContainsKey(Convert.ToHexString(key));

    /// <returns>Whether the session was busy in the lake: then Postgres need not be asked.</returns>
    public bool Cancel(ReadOnlySpan<byte> key) => _sessions.TryGetValue(Convert.ToHexString(key), out var cancel) && cancel();
}

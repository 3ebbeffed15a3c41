using System.Collections.Concurrent;

namespace SmartCity.Bricks;

/// <summary>Runs a flow in a test: no broker, no waiting between attempts, and everything that happened to look at.</summary>
public sealed class FlowHarness<T>
{
    private readonly ConcurrentQueue<CloudEvent<T>> _done = new();
    private readonly ConcurrentQueue<DeadLetter> _dead = new();
    private readonly Flow<T> _flow;
    private int _attempts;

    public FlowHarness(Flow<T> flow) => _flow = flow with
    {
        FirstRetry = TimeSpan.Zero,
        LongestRetry = TimeSpan.FromMilliseconds(1),
        DeadLetters = (letter, _) =>
        {
            _dead.Enqueue(letter);
            return Task.CompletedTask;
        },
        Function = async (e, cancellationToken) =>
        {
            Interlocked.Increment(ref _attempts);
            var result = await flow.Function(e, cancellationToken);
            if (result == Result.Done)
            {
                _done.Enqueue(e);
            }

            return result;
        },
    };

    /// <summary>Events whose work is done, in the order in which it was.</summary>
    public IReadOnlyList<CloudEvent<T>> Done => [.. _done];

    public IReadOnlyList<DeadLetter> DeadLetters => [.. _dead];

    /// <summary>How often the function was called.</summary>
    public int Attempts => _attempts;

    /// <summary>Runs events to their end.</summary>
    public Task SendAsync(params IEnumerable<CloudEvent<T>> events) => _flow.RunAsync(events.ToAsyncEnumerable());

    /// <summary>Runs data as events of their own.</summary>
    /// <param name="key">Key of each; null for none.</param>
    public Task SendAsync(IEnumerable<T> data, Func<T, string>? key = null) =>
        SendAsync(data.Select((d, i) => new CloudEvent<T> { Id = i.ToString(System.Globalization.CultureInfo.InvariantCulture), Source = "/test", Type = typeof(T).Name, Key = key?.Invoke(d), Data = d }));
}

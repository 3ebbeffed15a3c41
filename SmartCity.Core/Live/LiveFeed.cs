using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Live;

/// <summary>What happens now, for whoever watches. A subscriber that is slow misses the oldest events; nobody waits for it.</summary>
public sealed class LiveFeed(IOptions<JsonOptions> json, TimeProvider time)
{
    internal const int Buffer = 256;

    private static readonly TimeSpan AliveEvery = TimeSpan.FromSeconds(15);

    // A database that does not answer holds up no stream for longer.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private volatile Channel<LiveItem?>[] _subscribers = [];
    private TaskCompletionSource _somebody = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource? _followed;

    public bool HasSubscribers => _subscribers.Length > 0;

    public void Publish(LiveEvent liveEvent)
    {
        var item = new LiveItem(liveEvent, json.Value.SerializerOptions);
        foreach (var subscriber in _subscribers)
        {
            subscriber.Writer.TryWrite(item);
        }
    }

    /// <summary>Events from now on. Null at once, when nothing gets lost any more, and every 15 s: a subscriber that hears nothing for longer has been cut off.</summary>
    /// <param name="end">Ends the stream in order: one that stayed open would hold up the server's stop.</param>
    /// <param name="cancellationToken">The subscriber has gone.</param>
    public async IAsyncEnumerable<LiveItem?> SubscribeAsync(CancellationToken end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<LiveItem?>(new BoundedChannelOptions(Buffer) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        using var ending = end.Register(() => channel.Writer.TryComplete());
        var followed = Add(channel);
        try
        {
            await Task.WhenAny(followed, Task.Delay(Patience, time, cancellationToken));
            await using var alive = time.CreateTimer(_ => channel.Writer.TryWrite(null), null, TimeSpan.Zero, AliveEvery);
            await foreach (var item in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            lock (_lock)
            {
                _subscribers = [.. _subscribers.Except([channel])];
            }
        }
    }

    /// <summary>Whether nobody watches, and nothing is asked for anybody.</summary>
    internal bool IsResting
    {
        get
        {
            lock (_lock)
            {
                return !HasSubscribers && _followed is { Task.IsCompleted: false };
            }
        }
    }

    /// <summary>Who tells the feed of what is in the database rests while nobody watches, and a new subscriber waits until it <see cref="Follows"/>. False while somebody watches.</summary>
    internal bool TryRest()
    {
        lock (_lock)
        {
            if (HasSubscribers)
            {
                return false;
            }

            (_somebody, _followed) = (new(TaskCreationOptions.RunContinuationsAsynchronously), new(TaskCreationOptions.RunContinuationsAsynchronously));
            return true;
        }
    }

    /// <summary>Completes when somebody watches.</summary>
    internal Task SomebodyAsync(CancellationToken cancellationToken) => _somebody.Task.WaitAsync(cancellationToken);

    /// <summary>What is stored from now on is told.</summary>
    internal void Follows() => _followed?.TrySetResult();

    private Task Add(Channel<LiveItem?> channel)
    {
        lock (_lock)
        {
            _subscribers = [.. _subscribers, channel];
            _somebody.TrySetResult();
            return _followed?.Task ?? Task.CompletedTask;
        }
    }
}

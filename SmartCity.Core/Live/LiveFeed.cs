using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Live;

/// <summary>What happens now, for whoever watches. A subscriber that is slow misses the oldest events; nobody waits for it.</summary>
public sealed class LiveFeed
{
    private const int Buffer = 256;

    private readonly ConcurrentDictionary<Channel<LiveEvent>, bool> _subscribers = new();

    public bool HasSubscribers => !_subscribers.IsEmpty;

    public void Publish(LiveEvent liveEvent)
    {
        foreach (var (subscriber, _) in _subscribers)
        {
            subscriber.Writer.TryWrite(liveEvent);
        }
    }

    /// <summary>Events from now on.</summary>
    /// <param name="end">Ends the stream in order: one that stayed open would hold up the server's stop.</param>
    /// <param name="cancellationToken">The subscriber has gone.</param>
    public async IAsyncEnumerable<LiveEvent> SubscribeAsync(CancellationToken end, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateBounded<LiveEvent>(new BoundedChannelOptions(Buffer) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });
        using var ending = end.Register(() => channel.Writer.TryComplete());
        _subscribers.TryAdd(channel, true);
        try
        {
            await foreach (var liveEvent in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return liveEvent;
            }
        }
        finally
        {
            _subscribers.TryRemove(channel, out _);
        }
    }
}

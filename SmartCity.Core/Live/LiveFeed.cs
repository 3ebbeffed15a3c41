using System.Collections.Concurrent;
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

    private readonly ConcurrentDictionary<Channel<LiveItem?>, bool> _subscribers = new();

    public bool HasSubscribers => !_subscribers.IsEmpty;

    public void Publish(LiveEvent liveEvent)
    {
        var item = new LiveItem(liveEvent, json.Value.SerializerOptions);
        foreach (var (subscriber, _) in _subscribers)
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
        _subscribers.TryAdd(channel, true);
        await using var alive = time.CreateTimer(_ => channel.Writer.TryWrite(null), null, TimeSpan.Zero, AliveEvery);
        try
        {
            await foreach (var item in channel.Reader.ReadAllAsync(cancellationToken))
            {
                yield return item;
            }
        }
        finally
        {
            _subscribers.TryRemove(channel, out _);
        }
    }
}

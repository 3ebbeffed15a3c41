using System.Threading.Channels;

namespace SmartCity.Edge.Inbox;

/// <summary>When the inbox is looked at again: after a hint, otherwise every so often. However often hints come, the edge first rests four times as long as the last look took, but no longer than that.</summary>
/// <param name="every">How long after a look the next one comes at the latest.</param>
internal sealed class InboxPace(TimeProvider time, TimeSpan every)
{
    private const int RestForEach = 4;

    private static readonly TimeSpan LeastRest = TimeSpan.FromMilliseconds(200);

    private readonly Channel<bool> _hints = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Something may have come.</summary>
    public void Hint() => _hints.Writer.TryWrite(true);

    /// <summary>Waits for the next look. Hints that come until then are answered by it.</summary>
    /// <param name="took">How long the last look took.</param>
    public async Task RestAsync(TimeSpan took, CancellationToken stop)
    {
        var rest = TimeSpan.FromTicks(Math.Clamp((took * RestForEach).Ticks, LeastRest.Ticks, every.Ticks));
        await Task.Delay(rest, time, stop);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await Task.WhenAny(_hints.Reader.WaitToReadAsync(patience.Token).AsTask(), Task.Delay(every - rest, time, patience.Token));
        await patience.CancelAsync();
        _hints.Reader.TryRead(out _);
    }
}

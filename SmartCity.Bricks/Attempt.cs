using System.Globalization;

namespace SmartCity.Bricks;

/// <summary>Runs attempts one after another, each within its time limit. One for each place to work: its timer serves many events.</summary>
/// <param name="abort">Ends everything at once.</param>
internal sealed class Attempt(TimeProvider clock, CancellationToken abort) : IDisposable
{
    // How much of the time limit a timer may have run for earlier events: to set one for each would cost more than most functions.
    private const int Part = 8;

    private CancellationTokenSource? _limit;
    private long _set;

    /// <summary>Ends the attempt that is in work; what waits for that goes on elsewhere.</summary>
    public void Cancel()
    {
        try
        {
            _ = Volatile.Read(ref _limit)?.CancelAsync();
        }
        catch (ObjectDisposedException)
        {
            // That attempt is over.
        }
    }

    /// <exception cref="OperationCanceledException">All was ended.</exception>
    public async ValueTask<Result> RunAsync<T>(Flow<T> flow, CloudEvent<T> e)
    {
        abort.ThrowIfCancellationRequested();
        var limit = Limit(flow.TimeLimit);
        try
        {
            var running = flow.Function(e, limit.Token);
            if (running.IsCompletedSuccessfully)
            {
                return await running;
            }

            return await running.AsTask().WaitAsync(limit.Token).WaitAsync(abort);
        }
        catch (OperationCanceledException) when (abort.IsCancellationRequested)
        {
            // A new attempt is made by whoever gets the event then.
            await limit.CancelAsync();
            throw;
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested)
        {
            return Result.Failed(string.Create(CultureInfo.InvariantCulture, $"The function took longer than {flow.TimeLimit.TotalSeconds:0.###} s."));
        }
        catch (Exception fault)
        {
            return Result.Failed($"The function failed: {fault.Message}");
        }
    }

    public void Dispose() => _limit?.Dispose();

    // An attempt has its time and at most an eighth more. A timer that is no longer used is never set again: it might go off just then.
    private CancellationTokenSource Limit(TimeSpan time)
    {
        if (_limit is null || _limit.IsCancellationRequested || clock.GetElapsedTime(_set) > time / Part)
        {
            _limit?.Dispose();
            _limit = new CancellationTokenSource(time + (time / Part), clock);
            _set = clock.GetTimestamp();
        }

        return _limit;
    }
}

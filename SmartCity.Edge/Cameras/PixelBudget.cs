namespace SmartCity.Edge.Cameras;

/// <summary>
/// Pixels of uploaded pictures and picture files that are held decoded at a time, over all cameras of the process: a small file may unpack to a
/// huge picture. One picture alone is always taken. Thread-safe.
/// </summary>
/// <param name="most">Pixels.</param>
public sealed class PixelBudget(long most)
{
    private readonly Lock _gate = new();
    private long _held;
    private TaskCompletionSource _released = NewSignal();

    /// <summary>Room for a picture until it is disposed; null while there is none.</summary>
    public IDisposable? TryTake(long pixels)
    {
        lock (_gate)
        {
            if (_held > 0 && _held + pixels > most)
            {
                return null;
            }

            _held += pixels;
            return new Room(this, pixels);
        }
    }

    /// <summary>Waits for room for a picture, which lasts until it is disposed.</summary>
    public async Task<IDisposable> TakeAsync(long pixels, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task released;
            lock (_gate)
            {
                released = _released.Task;
            }

            if (TryTake(pixels) is { } room)
            {
                return room;
            }

            await released.WaitAsync(cancellationToken);
        }
    }

    private void Release(long pixels)
    {
        TaskCompletionSource released;
        lock (_gate)
        {
            _held -= pixels;
            (released, _released) = (_released, NewSignal());
        }

        released.SetResult();
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private sealed class Room(PixelBudget budget, long pixels) : IDisposable
    {
        private long _pixels = pixels;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _pixels, 0) is > 0 and var taken)
            {
                budget.Release(taken);
            }
        }
    }
}

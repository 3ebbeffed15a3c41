using System.Collections.Concurrent;

namespace SmartCity.Recognition;

/// <summary>Models that read together until others take their place. Those who read with them go on to the end of their picture; the last one out lets them go.</summary>
internal sealed class ModelGeneration(RecognitionModels models, RecognitionOptions options)
{
    private readonly ConcurrentBag<PictureReading> _free = [];
    private int _users = 1; // the recogniser's own
    private long _reads;
    private long _faults;

    public RecognitionModels Models => models;

    /// <summary>Pictures with a plate that were read since these models took over.</summary>
    public long Reads => Interlocked.Read(ref _reads);

    /// <summary>How many of them ended in an error.</summary>
    public long Faults => Interlocked.Read(ref _faults);

    /// <summary>Counts anew: what was read as a candidate is not among what counts.</summary>
    public void BeginCount()
    {
        Interlocked.Exchange(ref _reads, 0);
        Interlocked.Exchange(ref _faults, 0);
    }

    /// <summary>False where the models are gone already: there are others.</summary>
    public bool TryEnter()
    {
        for (var users = Volatile.Read(ref _users); users > 0; users = Volatile.Read(ref _users))
        {
            if (Interlocked.CompareExchange(ref _users, users + 1, users) == users)
            {
                return true;
            }
        }

        return false;
    }

    public void Leave()
    {
        if (Interlocked.Decrement(ref _users) > 0)
        {
            return;
        }

        foreach (var reading in _free)
        {
            reading.Dispose();
        }

        models.Dispose();
    }

    public PlateRead[] Read(in Source image, IReadOnlyList<PlateQuad> quads)
    {
        if (!_free.TryTake(out var reading))
        {
            reading = new PictureReading(models, options);
        }

        Interlocked.Increment(ref _reads);
        try
        {
            return reading.Run(image, quads);
        }
        catch
        {
            Interlocked.Increment(ref _faults);
            throw;
        }
        finally
        {
            reading.Clear();
            _free.Add(reading);
        }
    }
}

using System.Diagnostics;
using SmartCity.Contracts;
using SmartCity.Contracts.Models;

namespace SmartCity.Recognition;

/// <summary>Reads every nth plate with a candidate beside the models that count, and keeps what differs. What the candidate reads goes nowhere. Thread-safe.</summary>
internal sealed class ShadowReading(ModelGeneration candidate, int every)
{
    private const int TimesKept = 512;

    private readonly Lock _gate = new();
    private readonly List<double> _times = [];
    private readonly List<double> _timesBefore = [];
    private ModelShadow _seen = new();
    private long _plates;

    public ModelGeneration Candidate => candidate;

    /// <summary>What was seen so far.</summary>
    public ModelShadow Seen
    {
        get
        {
            lock (_gate)
            {
                return _seen with { P95Milliseconds = P95(_times), P95MillisecondsBefore = P95(_timesBefore) };
            }
        }
    }

    /// <summary>The candidate's last error, in its own words; null while there is none.</summary>
    public string? Fault { get; private set; }

    /// <param name="now">The models that count.</param>
    /// <param name="reads">What they read in the picture.</param>
    public void Look(ModelGeneration now, in Source image, IReadOnlyList<PlateRead> reads)
    {
        foreach (var read in reads)
        {
            if (Interlocked.Increment(ref _plates) % every == 0)
            {
                Compare(now, image, read.Quad);
            }
        }
    }

    // Both read the one plate again, so that their times and their texts can be compared.
    private void Compare(ModelGeneration now, in Source image, PlateQuad quad)
    {
        if (!candidate.TryEnter())
        {
            return;
        }

        try
        {
            var (before, timeBefore) = Timed(now, image, quad);
            var (after, time) = Timed(candidate, image, quad);
            var (agreed, sure) = (Folded(after) == Folded(before), before is { Plate: not null, Confidence: >= Sighting.LeastSure });
            lock (_gate)
            {
                Keep(_timesBefore, timeBefore);
                Keep(_times, time);
                _seen = _seen with
                {
                    Plates = _seen.Plates + 1,
                    Agreed = _seen.Agreed + One(agreed),
                    Sure = _seen.Sure + One(sure),
                    SureAgreed = _seen.SureAgreed + One(sure && agreed),
                    Abstained = _seen.Abstained + One(after?.Plate is null),
                    AbstainedBefore = _seen.AbstainedBefore + One(before?.Plate is null),
                    InGrammar = _seen.InGrammar + One(after?.Format is not null),
                    InGrammarBefore = _seen.InGrammarBefore + One(before?.Format is not null),
                };
            }
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            // Whatever it is, it is the candidate's: the plate was read before.
            Fault = e.Message;
        }
        finally
        {
            candidate.Leave();
        }
    }

    private static (PlateRead? Read, double Milliseconds) Timed(ModelGeneration models, in Source image, PlateQuad quad)
    {
        var started = Stopwatch.GetTimestamp();
        var reads = models.Read(image, [quad]);
        return (reads.Length > 0 ? reads[0] : null, Stopwatch.GetElapsedTime(started).TotalMilliseconds);
    }

    private static string? Folded(PlateRead? read) => read?.BestGuess.Replace('O', '0').Replace('I', '1');

    private static long One(bool is1) => is1 ? 1 : 0;

    private static void Keep(List<double> times, double time)
    {
        if (times.Count == TimesKept)
        {
            times.RemoveAt(0);
        }

        times.Add(time);
    }

    private static double? P95(List<double> times) => times.Count == 0 ? null : Math.Round(times.Order().ElementAt((int)Math.Ceiling(times.Count * 0.95) - 1), 2);
}

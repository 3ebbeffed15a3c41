namespace SmartCity.Faces;

/// <summary>Where a rate may really lie of which only some trials were seen (Clopper and Pearson, 1934), each 0–1.</summary>
/// <param name="Low">Lower end of the interval that holds it with 95 %.</param>
/// <param name="High">Upper end of that interval.</param>
/// <param name="AtMost">What it does not exceed with 95 %. Whoever plans takes this and never the rate that was seen: none of 136 may be 2.2 %.</param>
public readonly record struct Interval(double Low, double High, double AtMost)
{
    private const double Outside = 0.05;
    private const int Halvings = 60;

    /// <param name="errors">How often it happened.</param>
    /// <param name="trials">How often it could have; 0 says nothing: 0–1.</param>
    public static Interval Of(long errors, long trials)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(errors);
        ArgumentOutOfRangeException.ThrowIfLessThan(trials, errors);
        return new Interval(
            errors == 0 ? 0 : Solve(p => 1 - AtMostSeen(errors - 1, trials, p), Outside / 2, rises: true),
            errors == trials ? 1 : Solve(p => AtMostSeen(errors, trials, p), Outside / 2, rises: false),
            errors == trials ? 1 : Solve(p => AtMostSeen(errors, trials, p), Outside, rises: false));
    }

    private static double Solve(Func<double, double> probability, double at, bool rises)
    {
        var (low, high) = (0.0, 1.0);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            if (probability(middle) < at == rises)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return (low + high) / 2;
    }

    // The probability of no more than so many errors, summed in logarithms so that many trials do not underflow.
    private static double AtMostSeen(long errors, long trials, double p)
    {
        var (logP, logQ) = (Math.Log(p), Math.Log(1 - p));
        double sum = 0, choose = 0;
        for (long k = 0; k <= errors; k++)
        {
            sum += Math.Exp(choose + k * logP + (trials - k) * logQ);
            choose += Math.Log((trials - k) / (double)(k + 1));
        }

        return sum;
    }
}

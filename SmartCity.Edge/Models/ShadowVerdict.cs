using System.Globalization;
using SmartCity.Contracts.Models;

namespace SmartCity.Edge.Models;

/// <summary>Why what a candidate read beside the present version does not let it take over.</summary>
/// <param name="Why">In plain English.</param>
/// <param name="MayBeChance">Whether it is within a standard error of what is allowed: so few plates do not tell.</param>
internal sealed record ShadowVerdict(string Why, bool MayBeChance)
{
    /// <summary>So many times the plates are read before what may be chance decides.</summary>
    public const int MostTimesThePlates = 4;

    /// <returns>Null if it may take over.</returns>
    public static ShadowVerdict? Of(ModelShadow seen, EdgeModelOptions limits)
    {
        var plates = Math.Max(1, seen.Plates);
        // Where the present version is in doubt, a better one differs from it. Of fewer plates than a third, one would decide.
        var agreed = seen.Sure < Math.Max(1, limits.ShadowPlates / 3) ? 1 : (double)seen.SureAgreed / seen.Sure;
        var outOfGrammar = (double)(seen.InGrammarBefore - seen.InGrammar) / plates;
        // Where the present version is wrong, it reads what is no plate, and counts as having read it: a better one is in doubt there, and what it makes of them is more often a plate.
        var abstained = (double)(seen.Abstained - seen.AbstainedBefore) / plates - Math.Max(0, -outOfGrammar);
        return agreed < limits.LeastAgreement ? Text($"On {seen.Sure} plates of which the present version was sure, it agreed in {agreed:P0}; {limits.LeastAgreement:P0} is the least.", limits.LeastAgreement - agreed < Error(seen.Sure, seen.SureAgreed))
            : abstained > limits.MostAbstainedMore ? Text($"On {plates} plates it left {abstained:P0} more unread than the present version, less what it read more in a shape that some country gives out; {limits.MostAbstainedMore:P0} is the most.", abstained - limits.MostAbstainedMore < Error(plates, seen.Abstained, seen.AbstainedBefore))
            : outOfGrammar > limits.MostOutOfGrammarMore ? Text($"On {plates} plates it read {outOfGrammar:P0} fewer in a shape that some country gives out; {limits.MostOutOfGrammarMore:P0} is the most.", outOfGrammar - limits.MostOutOfGrammarMore < Error(plates, seen.InGrammar, seen.InGrammarBefore))
            : seen is { P95Milliseconds: { } time, P95MillisecondsBefore: { } before } && time > limits.MostTimes * before ? Text($"It took {time:0.#} ms for a plate (95th percentile), {time / before:0.#} times as long as the present version; {limits.MostTimes:0.#} times is the most.", false)
            : null;
    }

    // The standard error of a share, or of the difference of two.
    private static double Error(long of, params ReadOnlySpan<long> counts)
    {
        var variance = 0.0;
        foreach (var count in counts)
        {
            var share = (double)count / of;
            variance += share * (1 - share) / of;
        }

        return Math.Sqrt(variance);
    }

    private static ShadowVerdict Text(FormattableString why, bool mayBeChance) => new(why.ToString(CultureInfo.InvariantCulture), mayBeChance);
}

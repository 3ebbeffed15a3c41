using System.Globalization;
using SmartCity.Contracts.Models;

namespace SmartCity.Edge.Models;

/// <summary>Whether what a candidate read beside the present version lets it take over.</summary>
internal static class ShadowVerdict
{
    /// <returns>Why it may not, in plain English; null if it may.</returns>
    public static string? Of(ModelShadow seen, EdgeModelOptions limits)
    {
        var plates = Math.Max(1, seen.Plates);
        // Where the present version is in doubt, a better one differs from it. Of fewer plates than a third, one would decide.
        var agreed = seen.Sure < Math.Max(1, limits.ShadowPlates / 3) ? 1 : (double)seen.SureAgreed / seen.Sure;
        var abstained = (double)(seen.Abstained - seen.AbstainedBefore) / plates;
        var outOfGrammar = (double)(seen.InGrammarBefore - seen.InGrammar) / plates;
        return agreed < limits.LeastAgreement ? Text($"On {seen.Sure} plates of which the present version was sure, it agreed in {agreed:P0}; {limits.LeastAgreement:P0} is the least.")
            : abstained > limits.MostAbstainedMore ? Text($"On {plates} plates it left {abstained:P0} more unread than the present version; {limits.MostAbstainedMore:P0} is the most.")
            : outOfGrammar > limits.MostOutOfGrammarMore ? Text($"On {plates} plates it read {outOfGrammar:P0} fewer in a shape that some country gives out; {limits.MostOutOfGrammarMore:P0} is the most.")
            : seen is { P95Milliseconds: { } time, P95MillisecondsBefore: { } before } && time > limits.MostTimes * before ? Text($"It took {time:0.#} ms for a plate (95th percentile), {time / before:0.#} times as long as the present version; {limits.MostTimes:0.#} times is the most.")
            : null;
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}

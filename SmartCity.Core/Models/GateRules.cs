using System.Globalization;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Models;

/// <summary>What a version must not lose, and the reason in plain English either way. Pure.</summary>
internal static class GateRules
{
    public const string HoldOut = "hold-out";
    public const string Rendered = "rendered";

    /// <param name="figures">What was measured.</param>
    /// <param name="before">Bytes of the champion's file.</param>
    /// <param name="after">Bytes of the version's.</param>
    /// <param name="limits">What it may lose.</param>
    public static IEnumerable<ModelGate> Of(IReadOnlyList<ModelFigures> figures, long before, long after, GateOptions limits)
    {
        var whole = figures.Where(f => f.Slice == "all").ToList();
        if (whole.Find(f => f.Set == HoldOut) is { } kept && kept.Plates >= limits.LeastHoldOut)
        {
            yield return Gate("plates of the city", kept.After.Right >= kept.LeastRight!.Value, $"It reads {kept.After.Right:P1} of the hold-out's {kept.Plates} plates rightly; {kept.LeastRight:P1} is the lower end of the champion's interval (it reads {kept.Before.Right:P1}).");
        }
        else
        {
            yield return Gate("plates of the city", false, $"The hold-out has {whole.Find(f => f.Set == HoldOut)?.Plates ?? 0} plates; {limits.LeastHoldOut} are needed to judge by.");
        }

        foreach (var set in whole)
        {
            if (set.Set == Rendered)
            {
                yield return Gate("rendered plates", set.After.Right >= set.Before.Right - limits.MostRenderedLoss, $"It reads {set.After.Right:P1} of {set.Plates} rendered plates rightly, the champion {set.Before.Right:P1}; it may lose {limits.MostRenderedLoss:P1}.");
            }

            yield return Gate($"sure and wrong, {set.Set}", set.After.WrongSure <= set.Before.WrongSure + limits.MostWrongSureMore, $"It reads {set.After.WrongSure:P1} wrongly with a confidence of 0.9 or more, the champion {set.Before.WrongSure:P1}; it may be {limits.MostWrongSureMore:P1} more.");
            yield return Gate($"calibration, {set.Set}", set.After.CalibrationError <= set.Before.CalibrationError + limits.MostCalibrationErrorMore, $"Its confidence is {set.After.CalibrationError:P1} from the truth on average, the champion's {set.Before.CalibrationError:P1}; it may be {limits.MostCalibrationErrorMore:P1} more.");
            yield return Gate($"unread, {set.Set}", set.After.Abstained <= set.Before.Abstained + limits.MostAbstainedMore, $"It leaves {set.After.Abstained:P1} unread, the champion {set.Before.Abstained:P1}; it may be {limits.MostAbstainedMore:P1} more.");
            if (set is { Before.InGrammar: { } shapesBefore, After.InGrammar: { } shapes })
            {
                yield return Gate($"shape, {set.Set}", shapes >= shapesBefore - limits.MostOutOfGrammarMore, $"It reads {shapes:P1} in a shape that some country gives out, the champion {shapesBefore:P1}; it may be {limits.MostOutOfGrammarMore:P1} less.");
            }

            yield return Gate($"time, {set.Set}", set.After.P95Milliseconds <= limits.MostTimes * set.Before.P95Milliseconds, $"It takes {set.After.P95Milliseconds:0.##} ms for a plate (95th percentile), the champion {set.Before.P95Milliseconds:0.##}; it may take {limits.MostTimes:0.##} times as long.");
        }

        // Weights are nearly all of what a reader holds in memory.
        yield return Gate("memory", after <= limits.MostTimesLarger * before, $"Its weights take {after / 1e6:0.#} MB, the champion's {before / 1e6:0.#}; they may take {limits.MostTimesLarger:0.##} times as much.");
        var worst = figures.Where(f => f.Slice != "all").MinBy(f => f.After.Right - f.Before.Right);
        yield return worst is null
            ? Gate("no slice loses", true, $"No country, camera, condition or time of day has {limits.LeastSlice} plates.")
            : Gate("no slice loses", worst.After.Right >= worst.Before.Right - limits.MostSliceLoss, $"The worst is {worst.Slice} ({worst.Set}, {worst.Plates} plates): {worst.After.Right:P1} rightly, the champion {worst.Before.Right:P1}; a slice may lose {limits.MostSliceLoss:P1}.");
    }

    private static ModelGate Gate(string name, bool passed, FormattableString why) => new(name, passed, why.ToString(CultureInfo.InvariantCulture));
}

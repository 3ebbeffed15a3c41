using SmartCity.Faces;

namespace SmartCity.Bench.Faces;

/// <summary>What <c>bench faces</c> prints. Rates come with what they may really be: see <see cref="Rate"/>.</summary>
internal sealed record FaceFigures
{
    public required string Folder { get; init; }

    public required string Detector { get; init; }

    public required string Descriptor { get; init; }

    public required double Threshold { get; init; }

    public required int Pictures { get; init; }

    public required int People { get; init; }

    public required int Faces { get; init; }

    public required int MissedFaces { get; init; }

    public required int FalseFaces { get; init; }

    /// <summary>Faces in pictures of named people that no label speaks of: bystanders or inventions.</summary>
    public required int UnlabelledFaces { get; init; }

    public required int SamePairs { get; init; }

    public required int SameMissed { get; init; }

    public required Rate SameMissedRate { get; init; }

    public required double? FarthestSame { get; init; }

    public required int OtherPairs { get; init; }

    public required int OtherMatched { get; init; }

    public required Rate OtherMatchedRate { get; init; }

    public required double? NearestOther { get; init; }

    /// <summary>The same by threshold: FMR is of pairs of two people, FNMR of pairs of one.</summary>
    public required IReadOnlyList<CurvePoint> Curve { get; init; }

    /// <summary>False positive identification: how often somebody who is not on a list of N people is taken for one of them.</summary>
    public required IReadOnlyList<ListPoint> Fpir { get; init; }

    /// <summary>By what the labels say of people; both pictures of a pair are of the group.</summary>
    public required IReadOnlyList<GroupFigures> Groups { get; init; }

    /// <summary>Looks that the gates for passers-by refuse, by reason.</summary>
    public required IReadOnlyDictionary<string, int> Refused { get; init; }

    /// <summary>One side of each pair changed; null unless asked for.</summary>
    public IReadOnlyList<ConditionFigures>? Conditions { get; init; }

    /// <summary>A core's own milliseconds for one picture at 1280 × 736, and for one face.</summary>
    public required double DetectMilliseconds { get; init; }

    public required double DescribeMilliseconds { get; init; }

    /// <summary>For looking at a frame of 1280 × 720 at 768 pixels and blurring a face in it.</summary>
    public required double BlurMilliseconds { get; init; }
}

/// <summary>A rate of few trials: what was seen, the interval that holds it with 95 %, and what it does not exceed with 95 % (Clopper and Pearson). Null where there were no trials.</summary>
internal sealed record Rate(double? Seen, double Low, double High, double AtMost)
{
    public static Rate Of(int errors, int trials)
    {
        var interval = Interval.Of(errors, trials);
        return new Rate(trials == 0 ? null : Round((double)errors / trials), Round(interval.Low), Round(interval.High), Round(interval.AtMost));
    }

    private static double Round(double value) => Math.Round(value, 6);
}

internal sealed record CurvePoint(double Threshold, int OtherMatched, double? Fmr, double FmrAtMost, int SameMissed, double? Fnmr, double FnmrAtMost);

/// <param name="People">On the list.</param>
/// <param name="Seen">Over all lists of so many of the people here, where there are enough of them; null where there are not.</param>
/// <param name="AtMost">1 − (1 − FMR)^N with the FMR that is not exceeded with 95 %.</param>
internal sealed record ListPoint(int People, double? Seen, double AtMost);

internal sealed record GroupFigures(string Group, int SamePairs, int SameMissed, Rate SameMissedRate, int OtherPairs, int OtherMatched, Rate OtherMatchedRate);

/// <param name="Change">What was done to one side of each pair.</param>
/// <param name="Looks">How many looks are pooled.</param>
/// <param name="Found">Faces that were still found, of all.</param>
/// <param name="Refused">Of these, the ones that the gates refuse.</param>
/// <param name="Wide">Pairs and errors of all that were found, refused or not: what would happen without gates.</param>
/// <param name="Gated">Pairs and errors of those that pass the gates.</param>
internal sealed record ConditionFigures(string Change, int Looks, int Faces, int Found, int Refused, PairErrors Wide, PairErrors Gated);

/// <param name="SameMissedAtMost">What the rate does not exceed with 95 %.</param>
/// <param name="FarthestSame">The largest distance of two looks at one person; null where there are none.</param>
/// <param name="NearestOther">The smallest of two people.</param>
internal sealed record PairErrors(int SamePairs, int SameMissed, double SameMissedAtMost, double? FarthestSame, int OtherPairs, int OtherMatched, double OtherMatchedAtMost, double? NearestOther);

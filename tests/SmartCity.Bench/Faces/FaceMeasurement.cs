using SmartCity.Faces;

namespace SmartCity.Bench.Faces;

/// <summary>What pictures of known people say of the models: errors by threshold, by group and on a list, with how far so few pairs prove them.</summary>
internal static class FaceMeasurement
{
    private static readonly int[] Lists = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000];

    /// <exception cref="InvalidDataException">The folder's labels are wrong, or a picture is.</exception>
    public static FaceFigures Of(string folder, string models, string descriptor, bool conditions)
    {
        var truth = FaceTruth.Read(folder);
        using var detector = FaceDetector.Open(models);
        using var describer = FaceDescriber.Open(models, descriptor);
        using var set = FaceSet.Of(truth, detector, describer);
        var pairs = set.Pairs().ToList();
        var (same, other) = (pairs.FindAll(p => p.Same), pairs.FindAll(p => !p.Same));
        var threshold = describer.Card.Threshold;
        var (missed, matched) = (same.Count(p => p.Distance >= threshold), other.Count(p => p.Distance < threshold));
        var times = FaceTimes.Measure(set, detector);
        return new FaceFigures
        {
            Folder = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))),
            Detector = FaceDetector.Version,
            Descriptor = describer.Card.Name,
            Threshold = threshold,
            Pictures = truth.Pictures.Count,
            People = set.Looks.DistinctBy(l => l.Person).Count(),
            Faces = set.Faces,
            MissedFaces = set.Missed,
            FalseFaces = set.False,
            UnlabelledFaces = set.Unlabelled,
            SamePairs = same.Count,
            SameMissed = missed,
            SameMissedRate = Rate.Of(missed, same.Count),
            FarthestSame = same.Count == 0 ? null : Math.Round(same.Max(p => p.Distance), 3),
            OtherPairs = other.Count,
            OtherMatched = matched,
            OtherMatchedRate = Rate.Of(matched, other.Count),
            NearestOther = other.Count == 0 ? null : Math.Round(other.Min(p => p.Distance), 3),
            Curve = [.. Thresholds(threshold).Select(t => Point(t, same, other))],
            Fpir = [.. Lists.Select(n => List(n, set, threshold, Interval.Of(matched, other.Count).AtMost))],
            Groups = [.. set.Looks.SelectMany(l => l.Known.Groups).Distinct().Order(StringComparer.Ordinal).Select(g => Group(g, same, other, threshold))],
            Refused = set.Refused,
            Conditions = conditions ? FaceConditions.Measure(set, detector) : null,
            DetectMilliseconds = times.Detect,
            DescribeMilliseconds = times.Describe,
            BlurMilliseconds = times.Blur,
        };
    }

    // Of the author's threshold, from half to half as much again.
    private static IEnumerable<double> Thresholds(double usual) => Enumerable.Range(0, 21).Select(i => Math.Round(usual * (0.5 + i * 0.05), 4));

    private static CurvePoint Point(double threshold, List<FacePair> same, List<FacePair> other)
    {
        var (missed, matched) = (same.Count(p => p.Distance >= threshold), other.Count(p => p.Distance < threshold));
        var (fnmr, fmr) = (Rate.Of(missed, same.Count), Rate.Of(matched, other.Count));
        return new CurvePoint(threshold, matched, fmr.Seen, fmr.AtMost, missed, fnmr.Seen, fnmr.AtMost);
    }

    // Over all lists of n others: the share of lists without anybody who resembles the picture is a quotient of binomial coefficients.
    private static ListPoint List(int n, FaceSet set, double threshold, double fmrAtMost)
    {
        var people = set.Looks.GroupBy(l => l.Person).ToList();
        double? seen = null;
        if (set.Truth.Pairs is null && n <= people.Count - 1)
        {
            seen = Math.Round(set.Looks.Average(look =>
            {
                var near = people.Count(p => p.Key != look.Person && p.Any(l => set.Describer.Distance(l.Face.Template!, look.Face.Template!) < threshold));
                var none = 1.0;
                for (var i = 0; i < n; i++)
                {
                    none *= Math.Max(0, people.Count - 1 - near - i) / (double)(people.Count - 1 - i);
                }

                return 1 - none;
            }), 6);
        }

        return new ListPoint(n, seen, Math.Round(1 - Math.Pow(1 - fmrAtMost, n), 6));
    }

    private static GroupFigures Group(string group, List<FacePair> same, List<FacePair> other, double threshold)
    {
        var (ones, others) = (same.FindAll(In), other.FindAll(In));
        var (missed, matched) = (ones.Count(p => p.Distance >= threshold), others.Count(p => p.Distance < threshold));
        return new GroupFigures(group, ones.Count, missed, Rate.Of(missed, ones.Count), others.Count, matched, Rate.Of(matched, others.Count));

        bool In(FacePair pair) => pair.A.Known.Groups.Contains(group) && pair.B.Known.Groups.Contains(group);
    }
}

using SmartCity.Faces;

namespace SmartCity.Core.Faces;

/// <summary>How often different people are taken for one at most, as a descriptor's figures have it. Few pairs prove little, and no errors among them prove no zero. Pure.</summary>
internal static class FalseMatchRate
{
    /// <summary>The upper bound at a threshold; null where the card has no figure of a threshold as large.</summary>
    public static (double Rate, string Source)? Of(DescriptorCard card, double threshold)
    {
        // What matches at a threshold matches at every larger one.
        var least = card.FalseMatches.Where(f => f.Threshold >= threshold).Select(f => (double?)f.Threshold).Min();
        return card.FalseMatches.Where(f => f.Threshold == least).Select(f => ((double, string)?)(Interval.Of(f.Matched, f.Pairs).AtMost, $"{f.Matched:N0} of {f.Pairs:N0} at {f.Threshold:0.###}: {f.Set}. {f.Source}"))
            .OrderByDescending(f => f!.Value.Item1).FirstOrDefault();
    }
}

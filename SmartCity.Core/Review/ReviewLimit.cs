using SmartCity.Contracts.Api;
using SmartCity.Core.Doubts;

namespace SmartCity.Core.Review;

/// <summary>What whoever is limited to groups of stations sees of the review: cases of these stations that tell of no other station and of no dispute.</summary>
internal static class ReviewLimit
{
    /// <summary>The condition on a row of <c>review_cases</c>.</summary>
    /// <param name="only">The parameter that holds the stations; null there means all.</param>
    /// <param name="cases">The table's name in the statement.</param>
    public static string Shows(string only, string cases = "review_cases") =>
        $"({only}::text[] is null or ({cases}.station_id = any({only}) and {cases}.kind <> '{WatchedPlates.Kind}' and (({cases}.other_station is null and {cases}.kind <> '{TwoPlaces.Kind}') or {cases}.other_station = any({only}))))";

    /// <summary>Of the lines that a decision adds to the ledger those that somebody may see; null stations mean all.</summary>
    public static IReadOnlyList<ChargeView> Of(IReadOnlyList<ChargeView> entries, string[]? only) => only is null ? entries : [.. entries.Where(e => only.Contains(e.StationId, StringComparer.Ordinal))];

    /// <summary>The same of the alerts that it raises.</summary>
    public static IReadOnlyList<AlertView> Of(IReadOnlyList<AlertView> alerts, string[]? only) => only is null ? alerts : [.. alerts.Where(a => only.Contains(a.StationId, StringComparer.Ordinal))];
}

using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Searches;

/// <summary>What a saved search may say. Pure.</summary>
internal static class SearchRules
{
    private const int LongestName = 100;
    private const int LongestQuery = 2_000;
    private const int LongestPlate = 14;

    /// <summary>The pages that have searches, what one needs to see each, and what their addresses may say.</summary>
    public static IReadOnlyList<(string Page, string Scope, string[] Names)> Pages { get; } =
    [
        ("vehicles", Scope.VehiclesSearch, ["make", "colour", "class", "stations", "from", "to"]),
        ("alerts", Scope.AlertsRead, ["state", "priority", "list", "sort"]),
        ("charges", Scope.ChargesRead, ["day", "scheme"]),
    ];

    /// <summary>What is wrong with a search, for people; null when nothing is.</summary>
    /// <param name="names">What the page's address may say.</param>
    public static string? Check(NewSavedSearch search, string[] names) =>
        search.Name?.Trim().Length is not (> 0 and <= LongestName) ? $"name must have 1 to {LongestName} characters."
        : search.Query is { Length: > LongestQuery } ? $"query has {search.Query.Length} characters; at most {LongestQuery} are allowed."
        : search.Query is { Length: > 0 } query && (query[0] != '?' || query.Contains('#', StringComparison.Ordinal)) ? "query must be the part of an address from its ? on, without a #."
        : QueryHelpers.ParseQuery(search.Query).Keys.FirstOrDefault(k => !names.Contains(k)) is { } unknown ? $"query may say {string.Join(", ", names)}; {unknown} is not one of them. A plate is given as plate, and a reason is not saved."
        : search.Plate?.Trim() is not { Length: > 0 } plate ? null
        : plate.Length > LongestPlate || !plate.All(c => char.IsAsciiLetterOrDigit(c) || c is '?' or '*' or ' ') ? "plate must have Latin letters and digits; ? stands for one character and * for any number."
        : search.IsShared ? "A search that everybody sees cannot name a plate. Leave the plate out, or keep the search for yourself."
        : null;

    /// <summary>A plate or pattern as it is stored; null for none.</summary>
    public static string? PlateOf(NewSavedSearch search) => search.Plate?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant() is { Length: > 0 } plate ? plate : null;
}

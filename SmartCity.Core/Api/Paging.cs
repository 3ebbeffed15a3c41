using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Api;

/// <summary>Keyset paging: ask for one row more than the page holds; the last row shown is the next page's cursor.</summary>
public static class Paging
{
    public const int DefaultLimit = 50;
    public const int MaximumLimit = 500;

    /// <summary>A page of at most <paramref name="limit"/> rows out of the rows fetched, which are one more when there is a next page.</summary>
    public static Page<T> ToPage<T>(IReadOnlyList<T> fetched, int limit, Func<T, Cursor> cursorOf) =>
        fetched.Count <= limit ? new Page<T>(fetched, null) : new Page<T>([.. fetched.Take(limit)], cursorOf(fetched[limit - 1]).ToString());

    /// <summary>The problem with a limit, null when it is one.</summary>
    public static ProblemHttpResult? CheckLimit(int limit) =>
        limit is >= 1 and <= MaximumLimit ? null : Problem($"limit is {limit}; it must be from 1 to {MaximumLimit}.");

    /// <summary>400 with what is wrong in plain words.</summary>
    public static ProblemHttpResult Problem(string detail) =>
        TypedResults.Problem(detail, statusCode: StatusCodes.Status400BadRequest, title: "The request is not valid.");
}

using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="name">Of the report in the API, such as <c>charges</c>.</param>
    public Task<Report<T>> ReportAsync<T>(string name, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        GetAsync<Report<T>>(QueryHelpers.AddQueryString($"api/reports/{name}", Given(Days(from, to))), cancellationToken, within: Long);

    /// <summary>The parameters of a report's days.</summary>
    public static IEnumerable<(string Name, string? Value)> Days(DateOnly from, DateOnly to) => [("from", Day(from)), ("to", Day(to))];
}

using System.Globalization;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="name">Of the report in the API, such as <c>charges</c>.</param>
    public Task<Report<T>> ReportAsync<T>(string name, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        GetAsync<Report<T>>($"api/reports/{name}?{Days(from, to)}", cancellationToken, within: Long);

    /// <summary>The parameters of a report's days.</summary>
    public static string Days(DateOnly from, DateOnly to) => string.Create(CultureInfo.InvariantCulture, $"from={from:yyyy-MM-dd}&to={to:yyyy-MM-dd}");
}

using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

public sealed partial class CoreClient
{
    /// <param name="name">Of the report in the API, such as <c>charges</c>.</param>
    public Task<Report<T>> ReportAsync<T>(string name, DateOnly from, DateOnly to, CancellationToken cancellationToken) =>
        GetAsync<Report<T>>(QueryHelpers.AddQueryString($"api/reports/{name}", Given(Days(from, to))), cancellationToken, within: Long);

    public Task<IReadOnlyList<ReportScheduleView>> ReportSchedulesAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ReportScheduleView>>("api/reports/schedules", cancellationToken);

    public Task<ReportScheduleView> AddReportScheduleAsync(NewReportSchedule schedule, CancellationToken cancellationToken) => PostAsync<ReportScheduleView>("api/reports/schedules", schedule, cancellationToken);

    public Task SendReportAsync(Guid schedule, CancellationToken cancellationToken) => PostAsync($"api/reports/schedules/{schedule}/send", new { }, cancellationToken);

    public Task RemoveReportScheduleAsync(Guid schedule, CancellationToken cancellationToken) => DeleteAsync($"api/reports/schedules/{schedule}", cancellationToken);

    /// <summary>The parameters of a report's days.</summary>
    public static IEnumerable<(string Name, string? Value)> Days(DateOnly from, DateOnly to) => [("from", Day(from)), ("to", Day(to))];
}

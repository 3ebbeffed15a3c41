using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Reports;

/// <summary>Reports over charging days, each as JSON and as CSV.</summary>
internal static class ReportSlice
{
    public const int MostDays = 366;

    /// <summary>What is counted of each day.</summary>
    public static readonly IReadOnlyList<DayReport> Days = [ChargesReport.Day, ComplianceReport.Day, TrafficReports.Day, ReadsReport.Day, VersionsReport.Day, CongestionReports.TravelDay, CongestionReports.DwellDay, EmissionsReport.Day];

    /// <summary>The reports as CSV files, by name.</summary>
    public static readonly IReadOnlyDictionary<string, Func<NpgsqlDataSource, ReportRange, CancellationToken, Task<byte[]>>> Files = new Dictionary<string, Func<NpgsqlDataSource, ReportRange, CancellationToken, Task<byte[]>>>
    {
        ["charges"] = File(ChargesReport.RunAsync, ChargesReport.Columns, ChargesReport.Values),
        ["compliance"] = File(ComplianceReport.RunAsync, ComplianceReport.Columns, ComplianceReport.Values),
        ["hours"] = File(TrafficReports.HoursAsync, TrafficReports.HourColumns, TrafficReports.Values),
        ["stations"] = File(TrafficReports.StationsAsync, TrafficReports.StationColumns, TrafficReports.Values),
        ["reads"] = File(ReadsReport.RunAsync, ReadsReport.Columns, ReadsReport.Values),
        ["versions"] = File(VersionsReport.RunAsync, VersionsReport.Columns, VersionsReport.Values),
        ["travel"] = File(CongestionReports.TravelAsync, CongestionReports.TravelColumns, CongestionReports.Values),
        ["dwell"] = File(CongestionReports.DwellAsync, CongestionReports.DwellColumns, CongestionReports.Values),
        ["emissions"] = File((data, range, token) => EmissionsReport.RunAsync(data, EmissionFactors.Published, range, token), EmissionsReport.Columns, EmissionsReport.Values),
    };

    public static IServiceCollection AddReports(this IServiceCollection services)
    {
        services.AddOptions<ReportOptions>().BindConfiguration(ReportOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<ReportRuns>().AddSingleton<ReportDays>();
        services.AddSingleton<ReportSchedules>().AddSingleton<ReportMailer>().AddHostedService(provider => provider.GetRequiredService<ReportMailer>());
        return services.AddHostedService<ReportDaysWorker>();
    }

    public static IEndpointRouteBuilder MapReports(this IEndpointRouteBuilder app)
    {
        Map(app, "charges", "Charges by scheme and day, less reversed charges", ChargesReport.RunAsync, ChargesReport.Columns, ChargesReport.Values);
        Map(app, "compliance", "Vehicles seen by class, fuel and Euro standard, and how many comply", ComplianceReport.RunAsync, ComplianceReport.Columns, ComplianceReport.Values);
        Map(app, "hours", "Passages by hour of the day and station", TrafficReports.HoursAsync, TrafficReports.HourColumns, TrafficReports.Values, r => r.StationId);
        Map(app, "stations", "Stations, the busiest first", TrafficReports.StationsAsync, TrafficReports.StationColumns, TrafficReports.Values, r => r.StationId);
        Map(app, "reads", "How well each camera reads", ReadsReport.RunAsync, ReadsReport.Columns, ReadsReport.Values, r => r.StationId);
        Map(app, "versions", "How well each version of the reader reads, day by day", VersionsReport.RunAsync, VersionsReport.Columns, VersionsReport.Values, r => r.StationId);
        Map(app, "travel", "Travel times between stations", CongestionReports.TravelAsync, CongestionReports.TravelColumns, CongestionReports.Values);
        Map(app, "dwell", "How long vehicles stay", CongestionReports.DwellAsync, CongestionReports.DwellColumns, CongestionReports.Values);
        Map(app, "emissions", "NOx, particles and CO2 by zone, estimated", (data, range, token) => EmissionsReport.RunAsync(data, EmissionFactors.Published, range, token), EmissionsReport.Columns, EmissionsReport.Values);
        return app.MapReportSchedules();
    }

    private static Func<NpgsqlDataSource, ReportRange, CancellationToken, Task<byte[]>> File<T>(Func<NpgsqlDataSource, ReportRange, CancellationToken, Task<Report<T>>> run, string[] columns, Func<T, object?[]> values) =>
        async (data, range, token) =>
        {
            using var file = new MemoryStream();
            await CsvExport.WriteAsync(file, columns, (await run(data, range, token)).Rows.ToAsyncEnumerable(), values, token);
            return file.ToArray();
        };

    // Whoever is limited to stations sees the rows of these, of the reports that have a row for each station and no others.
    private static void Map<T>(
        IEndpointRouteBuilder app, string name, string summary, Func<NpgsqlDataSource, ReportRange, CancellationToken, Task<Report<T>>> run, string[] columns, Func<T, object?[]> values, Func<T, string>? station = null)
    {
        var group = app.MapGroup($"/api/reports/{name}").WithTags("Reports").RequireAuthorization(Scope.ReportsRead);
        _ = station is null ? group : group.ForLimited();
        group.MapGet("", async Task<Results<Ok<Report<T>>, ProblemHttpResult>> (ClaimsPrincipal user, ReportRuns runs, ChargingCity city, TimeProvider time, CancellationToken cancellationToken, DateOnly? from = null, DateOnly? to = null) =>
        {
            var (report, problem) = await RunAsync(user, runs, city, time, from, to, cancellationToken);
            return report is null ? problem! : TypedResults.Ok(report);
        })
            .WithSummary($"{summary}; at most {MostDays} days; the last seven if none are given");
        group.MapGet("export", async Task<Results<PushStreamHttpResult, ProblemHttpResult>> (ClaimsPrincipal user, ReportRuns runs, ChargingCity city, TimeProvider time, CancellationToken cancellationToken, DateOnly? from = null, DateOnly? to = null) =>
        {
            var (report, problem) = await RunAsync(user, runs, city, time, from, to, cancellationToken);
            return report is null ? problem! : CsvExport.Stream($"{name}-{report.From:yyyy-MM-dd}-{report.To:yyyy-MM-dd}.csv", columns, report.Rows.ToAsyncEnumerable(), values, cancellationToken);
        })
            .WithSummary("The same as CSV").Audited("reports.export");

        async Task<(Report<T>? Report, ProblemHttpResult? Problem)> RunAsync(ClaimsPrincipal user, ReportRuns runs, ChargingCity city, TimeProvider time, DateOnly? from, DateOnly? to, CancellationToken cancellationToken)
        {
            if (ReportRange.Read(from, to, city, time, MostDays, out var range) is { } wrong)
            {
                return (null, wrong);
            }

            try
            {
                var report = await runs.RunAsync((data, token) => run(data, range, token), cancellationToken);
                return (StationLimit.Of(user) is null ? report : report with { Rows = [.. report.Rows.Where(r => StationLimit.Allows(user, station?.Invoke(r)))] }, null);
            }
            catch (Exception e) when (e is TimeoutException or DaysNotCountedException)
            {
                return (null, Paging.Problem(e.Message));
            }
        }
    }
}

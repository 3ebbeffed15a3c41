using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Faces;

/// <summary>The transparency report of a month: what cameras and people did, by deployment. It names nobody.</summary>
internal sealed class FaceReports(FaceDeployments deployments, ChargingCity city, TimeProvider time)
{
    /// <param name="month">Its first day.</param>
    public async Task<FaceReportView> OfAsync(DateOnly month, CancellationToken cancellationToken)
    {
        var rows = (await deployments.SignedAsync(city.StartOf(month), city.StartOf(month.AddMonths(1)), cancellationToken))
            .Select(d => new FaceReportRow(d.Id, d.Place, d.ListName, d.From, d.Until, d.State, d.Stations.Count, d.Stations.Count(s => s.OrderedAt is null || s.DestroyedAt is not null), d.Counts)).ToList();
        return new FaceReportView(month.ToString("yyyy-MM", CultureInfo.InvariantCulture), rows.Aggregate(FaceCounting.None, (sum, row) => FaceCounting.Sum(sum, row.Counts)), rows);
    }

    /// <summary>The month that a text like <c>2026-11</c> names; the current one without a text, null for what is no month.</summary>
    public DateOnly? Month(string? text) =>
        string.IsNullOrEmpty(text) ? new DateOnly(city.Today(time).Year, city.Today(time).Month, 1)
        : DateOnly.TryParseExact(text, "yyyy-MM", CultureInfo.InvariantCulture, DateTimeStyles.None, out var month) && TimeArguments.IsInRange(month.Year) ? month : null;
}

internal static class FaceReportEndpoints
{
    private const string Wrong = "month must be a month like 2026-11.";

    public static IEndpointRouteBuilder MapFaceReports(this IEndpointRouteBuilder app)
    {
        var report = app.MapGroup("/api/faces/report").WithTags(FaceSlice.Tag).RequireAuthorization(Scope.FacesRead);
        report.MapGet("", ReportAsync).WithSummary("The transparency report of a month, such as 2026-11; of the current one if none is given");
        report.MapGet("export", ExportAsync).WithSummary("The same as CSV, a line for each deployment").Audited("faces.report-export");
        return app;
    }

    private static async Task<Results<Ok<FaceReportView>, ProblemHttpResult>> ReportAsync(FaceReports reports, CancellationToken cancellationToken, string? month = null) =>
        reports.Month(month) is { } first ? TypedResults.Ok(await reports.OfAsync(first, cancellationToken)) : Paging.Problem(Wrong);

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> ExportAsync(FaceReports reports, CancellationToken cancellationToken, string? month = null)
    {
        if (reports.Month(month) is not { } first)
        {
            return Paging.Problem(Wrong);
        }

        var report = await reports.OfAsync(first, cancellationToken);
        return CsvExport.Stream(
            $"faces-{report.Month}.csv",
            [
                "deployment", "place", "list", "from", "until", "state", "stations", "stationsConfirmedDestroyed", "faces", .. FaceRefusal.All.Select(r => "refused-" + r),
                "passes", "comparisons", "matches", "received", "true", "false", "unresolved", "waiting", "lost", "destroyed",
            ],
            report.Deployments.ToAsyncEnumerable(),
            row => [row.Id, row.Place, row.ListName, row.From, row.Until, row.State, row.Stations, row.Confirmed, .. Values(row.Counts)],
            cancellationToken);
    }

    private static IEnumerable<object?> Values(FaceCounts c) =>
        [c.Faces, .. FaceRefusal.All.Select(r => (object?)c.Refused[r]), c.Passes, c.Comparisons, c.Matches, c.Received, c.True, c.False, c.Unresolved, c.Waiting, c.Lost, c.Destroyed];
}

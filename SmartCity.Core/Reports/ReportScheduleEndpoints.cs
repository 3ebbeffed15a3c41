using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Mail;

namespace SmartCity.Core.Reports;

/// <summary>Reports by e-mail.</summary>
internal static class ReportScheduleEndpoints
{
    private const int LongestName = 100;
    private const int MostRecipients = 50;
    private const int MostSchedules = 100;

    public static IEndpointRouteBuilder MapReportSchedules(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/reports/schedules").WithTags("Reports").RequireAuthorization(Scope.ReportsRead);
        group.MapGet("", async Task<Ok<List<ReportScheduleView>>> (ReportSchedules schedules, CancellationToken cancellationToken) => TypedResults.Ok(await schedules.AllAsync(cancellationToken))).WithSummary("Reports that are sent by e-mail, and what became of the last of each");
        var write = group.MapGroup("").RequireAuthorization(Scope.CityWrite);
        write.MapPost("", AddAsync).WithSummary("Sends a report by e-mail as CSV when a week (Monday to Sunday) or a month is over, each period once").DisableAntiforgery().Audited("reports.schedule.add", recordBody: true).AuditAbout((NewReportSchedule s) => ($"{s.Name} {s.Report}", null));
        write.MapPost("{id:guid}/send", SendAsync).WithSummary("Sends the last period now, again if it was sent already").Audited("reports.schedule.send");
        write.MapDelete("{id:guid}", RemoveAsync).WithSummary("Ends a report by e-mail").Audited("reports.schedule.remove");
        return app;
    }

    private static async Task<Results<Created<ReportScheduleView>, ProblemHttpResult>> AddAsync(NewReportSchedule body, ClaimsPrincipal user, ReportSchedules schedules, AuditedChange change, ChargingCity city, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Name?.Trim() is not { Length: > 0 and <= LongestName } name || name.Any(char.IsControl))
        {
            return Paging.Problem($"name must have 1 to {LongestName} characters.");
        }

        if (body.Report is not { } report || !ReportSlice.Files.ContainsKey(report))
        {
            return Paging.Problem($"report must be one of {string.Join(", ", ReportSlice.Files.Keys)}.");
        }

        if (body.Every is not (ReportPeriod.Week or ReportPeriod.Month))
        {
            return Paging.Problem($"every must be {ReportPeriod.Week} or {ReportPeriod.Month}.");
        }

        if (body.Recipients is not { Count: > 0 and <= MostRecipients } given || given.Any(r => !MailAddress.IsOne(r?.Trim())))
        {
            return Paging.Problem($"recipients must be 1 to {MostRecipients} e-mail addresses.");
        }

        if ((await schedules.AllAsync(cancellationToken)).Count >= MostSchedules)
        {
            return Paging.Problem($"There are {MostSchedules} reports by e-mail already, and there cannot be more.");
        }

        var schedule = new ReportScheduleView(Guid.CreateVersion7(time.GetUtcNow()), name, report, body.Every, [.. given.Select(r => r.Trim()).Distinct(StringComparer.OrdinalIgnoreCase)], user.Identity!.Name!, time.GetUtcNow(), []);
        return await ReportSchedules.AddAsync(change, schedule, city.Today(time), cancellationToken)
            ? TypedResults.Created($"/api/reports/schedules/{schedule.Id}", schedule)
            : TypedResults.Problem($"There is a report by e-mail with the name {name} already.", statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<Results<Accepted, NotFound>> SendAsync(Guid id, AuditedChange change, ReportMailer mailer, TimeProvider time, CancellationToken cancellationToken) =>
        await ReportSchedules.SendAsync(change, id, mailer.Day, time.GetUtcNow(), cancellationToken) ? TypedResults.Accepted((string?)null) : TypedResults.NotFound();

    private static async Task<Results<NoContent, NotFound>> RemoveAsync(Guid id, AuditedChange change, CancellationToken cancellationToken) =>
        await ReportSchedules.RemoveAsync(change, id, cancellationToken) ? TypedResults.NoContent() : TypedResults.NotFound();
}

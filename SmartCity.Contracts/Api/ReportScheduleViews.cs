namespace SmartCity.Contracts.Api;

/// <summary>A report that is sent by e-mail, <c>GET /api/reports/schedules</c>.</summary>
/// <param name="Report">Name in the API, such as charges.</param>
/// <param name="Every">week (Monday to Sunday) or month.</param>
/// <param name="Mailings">What was sent last, for each recipient.</param>
public sealed record ReportScheduleView(Guid Id, string Name, string Report, string Every, IReadOnlyList<string> Recipients, string CreatedBy, DateTimeOffset CreatedAt, IReadOnlyList<ReportMailing> Mailings);

/// <param name="From">First day of the period.</param>
/// <param name="To">Last day of the period.</param>
/// <param name="State">waiting, delivered or dead.</param>
/// <param name="Fault">What went wrong last.</param>
public sealed record ReportMailing(string Recipient, DateOnly From, DateOnly To, string State, int Attempts, DateTimeOffset? FinishedAt, string? Fault);

/// <summary>The body of <c>POST /api/reports/schedules</c>.</summary>
/// <param name="Every">week or month.</param>
/// <param name="Recipients">E-mail addresses.</param>
public sealed record NewReportSchedule(string? Name, string? Report, string? Every, IReadOnlyList<string>? Recipients);

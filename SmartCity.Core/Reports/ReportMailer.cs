using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using MimeKit;
using Npgsql;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Mail;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Reports;

/// <summary>Sends reports by e-mail when a week or a month is over and its days are counted, each period to each recipient once. What the server does not take is tried again.</summary>
internal sealed class ReportMailer(
    ReportSchedules schedules, ReportRuns runs, MailSender mail, NpgsqlDataSource dataSource, AuditLog audit, ChargingCity city, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<ReportMailer> logger)
    : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "report-mail";
    private const int AtOnce = 20;

    // Days are counted four hours after their end.
    private static readonly TimeSpan Counted = TimeSpan.FromHours(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromDays(3);

    // Longer than the reports and messages of one round take.
    private static readonly TimeSpan Lease = TimeSpan.FromHours(1);

    /// <summary>The day before which periods must be over to be sent.</summary>
    public DateOnly Day => city.DayOf(time.GetUtcNow() - Counted);

    /// <returns>What went wrong last, for people; null when nothing did.</returns>
    public async Task<string?> SendDueAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await schedules.QueueAsync(Day, now, cancellationToken);
        string? fault = null;
        foreach (var period in (await schedules.TakeAsync(AtOnce, now, now + Lease, cancellationToken)).GroupBy(d => (d.Schedule, d.First)))
        {
            var (file, missing) = await FileAsync(period.First(), cancellationToken);
            foreach (var due in period)
            {
                var wrong = missing ?? await SendAsync(due, file, cancellationToken);
                fault = wrong ?? fault;
                await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
                await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
                await ReportSchedules.EndAsync(connection, due, wrong, time.GetUtcNow(), time.GetUtcNow() + Backoff.After(due.Attempt, FirstRetry, LongestRetry), time.GetUtcNow() - GiveUpAfter, cancellationToken);
                if (wrong is null)
                {
                    await audit.AppendAsync(connection, "core", "reports.mailed", $"{due.Name}: {due.First:yyyy-MM-dd} to {due.Last:yyyy-MM-dd}, {due.Recipient}", null, null, cancellationToken);
                }

                await transaction.CommitAsync(cancellationToken);
            }
        }

        return fault;
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            try
            {
                if (await SendDueAsync(stoppingToken) is { } fault)
                {
                    Health.Degraded(Worker, $"A report was not sent by e-mail, and the core tries again: {fault}");
                    Logger.LogWarning("A report was not sent by e-mail, and the core tries again: {Error}", fault);
                }
                else if (!await schedules.HasFailedAsync(stoppingToken))
                {
                    Health.Healthy(Worker);
                }
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"Reports are not sent by e-mail for now: {e.Message}");
                Logger.LogWarning("Reports are not sent by e-mail for now, and the core tries again: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task<(byte[] File, string? Missing)> FileAsync(DueReport due, CancellationToken cancellationToken)
    {
        try
        {
            return (await runs.RunAsync((data, token) => ReportSlice.Files[due.Report](data, new ReportRange(due.First, due.Last, city.Today(time), city), token), cancellationToken), null);
        }
        catch (Exception e) when (e is TimeoutException or DaysNotCountedException)
        {
            return ([], e.Message);
        }
    }

    private async Task<string?> SendAsync(DueReport due, byte[] file, CancellationToken cancellationToken)
    {
        using var text = new TextPart("plain") { Text = $"The report {due.Name} of {due.First:d MMM yyyy} to {due.Last:d MMM yyyy} is attached as CSV.\n" };
        using var content = new MemoryStream(file);
        using var attached = new MimePart("text", "csv")
        {
            Content = new MimeContent(content),
            ContentDisposition = new ContentDisposition(ContentDisposition.Attachment),
            ContentTransferEncoding = ContentEncoding.Base64,
            FileName = $"{due.Report}-{due.First:yyyy-MM-dd}-{due.Last:yyyy-MM-dd}.csv",
        };
        using var body = new Multipart("mixed") { text, attached };
        return await mail.SendAsync(due.Recipient, IdOf(due), $"{due.Name}: {due.First:d MMM} to {due.Last:d MMM yyyy}", body, cancellationToken);
    }

    private static string IdOf(DueReport due) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{due.Schedule} {due.First:O} {due.Recipient}"))[..16]);
}

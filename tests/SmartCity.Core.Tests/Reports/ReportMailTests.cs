using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using SmartCity.Contracts.Api;
using SmartCity.Core.Reports;
using SmartCity.Core.Tests.Audit;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Notifications;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Tests.Reports;

/// <summary>Reports arrive at a mail server, each period once.</summary>
public sealed class ReportMailTests : IAsyncLifetime
{
    private readonly MailReceiver _mail = new();
    private readonly CoreHost _core;

    public ReportMailTests(PostgresServer server) => _core = new CoreHost(server)
    {
        Settings = new() { ["Core:Mail:Host"] = "127.0.0.1", ["Core:Mail:Port"] = $"{_mail.Port}", ["Core:Mail:Security"] = "None", ["Core:Mail:From"] = "reports@city.example.org" },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _core.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Theory]
    [InlineData("2026-11-30", "week", "2026-11-23", "2026-11-29")] // a Monday
    [InlineData("2026-11-29", "week", "2026-11-16", "2026-11-22")]
    [InlineData("2027-01-01", "week", "2026-12-21", "2026-12-27")]
    [InlineData("2027-01-01", "month", "2026-12-01", "2026-12-31")]
    [InlineData("2026-03-31", "month", "2026-02-01", "2026-02-28")]
    public void The_last_period_is_the_one_that_was_over_before_the_day(string day, string every, string first, string last) =>
        Assert.Equal((Day(first), Day(last)), ReportPeriod.Before(Day(day), every));

    [Fact]
    public async Task A_report_is_sent_to_each_recipient_once_a_period_and_tried_again_when_the_server_does_not_take_it()
    {
        _mail.Takes = n => n != 1;
        using var answer = await _core.Http.PostAsJsonAsync("/api/reports/schedules", new NewReportSchedule("Charges of the week", "charges", "week", ["a@city.example.org", " b@city.example.org "]), Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        var mailer = _core.Services.GetRequiredService<ReportMailer>();
        await mailer.SendDueAsync(Token);
        Assert.Empty((await ScheduleAsync()).Mailings); // the week before it was added is not sent by itself

        await _core.Postgres.ExecuteAsync("update report_schedules set since = since - 14");
        await CoreHost.UntilAsync(
            async () =>
            {
                await _core.Postgres.ExecuteAsync("update report_mailings set next_at = queued_at where state = 'waiting' and fault is not null");
                await mailer.SendDueAsync(Token);
                return (await ScheduleAsync()).Mailings is { Count: 2 } mailings && mailings.All(m => m.State == "delivered");
            },
            "both have it");
        await mailer.SendDueAsync(Token);

        Assert.Equal(["a@city.example.org", "b@city.example.org"], _mail.Received.Select(m => m.To.Mailboxes.Single().Address).Order());
        var file = (MimePart)_mail.Received.First().Attachments.Single();
        using var content = new MemoryStream();
        await file.Content!.DecodeToAsync(content, Token);
        Assert.Contains("day,scheme,purpose", System.Text.Encoding.UTF8.GetString(content.ToArray()), StringComparison.Ordinal);
        Assert.EndsWith(".csv", file.FileName, StringComparison.Ordinal);
        Assert.Equal(2, (await _core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=reports.mailed", Token))!.Items.Count);

        using var again = await _core.Http.PostAsync($"/api/reports/schedules/{(await ScheduleAsync()).Id}/send", null, Token);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await CoreHost.UntilAsync(() => Task.FromResult(_mail.Received.Count == 4), "it is sent again when somebody asks for it");
    }

    [Fact]
    public async Task A_report_is_noted_as_delivered_together_with_a_line_of_the_audit()
    {
        using var answer = await _core.Http.PostAsJsonAsync("/api/reports/schedules", new NewReportSchedule("Charges of the week", "charges", "week", ["a@city.example.org"]), Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        await ChangeAndLine.FailingAsync(_core, "audit", async () =>
        {
            await _core.Postgres.ExecuteAsync("update report_schedules set since = since - 14");
            await CoreHost.UntilAsync(
                async () =>
                {
                    await _core.Postgres.ExecuteAsync("update report_mailings set next_at = queued_at where state = 'waiting' and fault is not null");
                    return _core.Services.GetRequiredService<WorkerHealth>().Reports.Any(r => r.Name == "report-mail" && r.Detail?.StartsWith("Reports are not sent", StringComparison.Ordinal) == true);
                },
                "it is sent, and the core says that it cannot note it");
        });
        Assert.NotEmpty(_mail.Received);
        Assert.Equal("waiting", Assert.Single((await ScheduleAsync()).Mailings).State);

        await _core.Postgres.ExecuteAsync("update report_mailings set next_at = now()");
        await CoreHost.UntilAsync(async () => (await ScheduleAsync()).Mailings[0].State == "delivered", "it is noted");
        Assert.Equal(1L, await _core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'reports.mailed'"));
    }

    [Fact]
    public async Task A_report_that_could_not_be_sent_is_refused()
    {
        foreach (var (body, said) in ((NewReportSchedule, string)[])[
            (new NewReportSchedule("x", "plates", "week", ["a@city.example.org"]), "report must be one of"),
            (new NewReportSchedule("x", "charges", "day", ["a@city.example.org"]), "every must be"),
            (new NewReportSchedule("x", "charges", "week", ["nobody"]), "e-mail addresses"),
            (new NewReportSchedule("x", "charges", "week", []), "e-mail addresses"),
        ])
        {
            using var answer = await _core.Http.PostAsJsonAsync("/api/reports/schedules", body, Token);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(said, await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    private async Task<ReportScheduleView> ScheduleAsync() => Assert.Single((await _core.Http.GetFromJsonAsync<List<ReportScheduleView>>("/api/reports/schedules", Token))!);

    private static DateOnly Day(string text) => DateOnly.ParseExact(text, "yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture);
}

using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using MimeKit;
using SmartCity.Contracts.Api;
using SmartCity.Core.Notifications;
using SmartCity.Core.Tests.Alerts;
using SmartCity.Core.Tests.Audit;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Core.Tests.Notifications;

/// <summary>Alerts reach who is on the rota, through a mail server and receivers of their own.</summary>
public sealed class NotificationTests : IAsyncLifetime
{
    private readonly MailReceiver _mail = new();
    private readonly CoreHost _core;

    public NotificationTests(PostgresServer server) => _core = new CoreHost(server)
    {
        Settings = new()
        {
            ["Core:Mail:Host"] = "127.0.0.1",
            ["Core:Mail:Port"] = $"{_mail.Port}",
            ["Core:Mail:Security"] = "None",
            ["Core:Mail:From"] = "alerts@city.example.org",
            ["Core:Notifications:FirstRetry"] = "00:00:00.200",
            ["Core:Notifications:ConsoleAddress"] = "https://city.example.org",
        },
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _core.InitializeAsync();

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        await _mail.DisposeAsync();
    }

    [Fact]
    public async Task The_first_line_is_told_by_email_and_the_second_when_nobody_acknowledges_in_time()
    {
        _mail.Takes = n => n > 2;
        await OnAsync(await AddAsync("Duty", "email", "duty@city.example.org"), 1);
        await OnAsync(await AddAsync("Chief", "email", "chief@city.example.org"), 2);
        await RuleAsync(1, true, 10);
        var alert = await AlertAsync("NO01AAA");

        var first = await MessageAsync("duty@city.example.org");
        Assert.StartsWith("Alert of priority 1: ", first.Subject, StringComparison.Ordinal);
        Assert.DoesNotContain("NO01AAA", first.ToString(), StringComparison.Ordinal);
        Assert.Contains($"https://city.example.org/alerts/{alert.Id}", first.TextBody, StringComparison.Ordinal);
        var told = await NotificationsAsync(alert.Id, n => n.Deliveries.Any(d => d.State == "delivered"));
        Assert.Equal(("Duty", 1, 3), (told.Deliveries.Single().Recipient, told.Deliveries.Single().Line, told.Deliveries.Single().Attempts));
        Assert.Equal(alert.RaisedAt.AddMinutes(10), told.SecondLineAt!.Value, TimeSpan.FromMilliseconds(1));

        // Ten minutes pass, as the database sees it.
        await _core.Postgres.ExecuteAsync("update notification_rules set since = since - interval '1 hour'");
        await _core.Postgres.ExecuteAsync("update notification_recipients set created_at = created_at - interval '1 hour'");
        await _core.Postgres.ExecuteAsync("update alerts set raised_at = raised_at - interval '10 minutes' where id = $1", alert.Id);
        var second = await MessageAsync("chief@city.example.org");
        Assert.EndsWith(", not acknowledged", second.Subject, StringComparison.Ordinal);
        Assert.Null((await NotificationsAsync(alert.Id, n => n.Deliveries.Count == 2)).SecondLineAt);

        // Each line was told once.
        await _core.Services.GetRequiredService<NotificationPlan>().RunAsync(TimeSpan.FromDays(1), Token);
        Assert.Equal(2L, await _core.Postgres.ScalarAsync<long>("select count(*) from notification_deliveries"));
        Assert.Contains((await _core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=notifications.told", Token))!.Items, l => l.Subject!.Contains("line 2, Chief", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_acknowledges_in_time_spares_the_second_line_and_who_escalates_calls_it_at_once()
    {
        await using var chat = await WebhookReceiver.StartAsync();
        await OnAsync(await AddAsync("Chat", "slack", chat.Url + "?token=hidden"), 2);
        await OnAsync(await AddAsync("Duty", "email", "duty@city.example.org"), 1);
        await RuleAsync(1, true, 10);
        var taken = await AlertAsync("NO02AAA");
        await ActAsync(taken.Id, new AlertDecision("acknowledged"));
        await _core.Postgres.ExecuteAsync("update notification_rules set since = since - interval '1 hour'");
        await _core.Postgres.ExecuteAsync("update notification_recipients set created_at = created_at - interval '1 hour'");
        await _core.Postgres.ExecuteAsync("update alerts set raised_at = raised_at - interval '20 minutes' where id = $1", taken.Id);
        var passedOn = await AlertAsync("NO02AAB", 4); // no rule is set for its priority

        await ActAsync(passedOn.Id, new AlertDecision("escalated", "armed"));

        await CoreHost.UntilAsync(() => Task.FromResult(!chat.Received.IsEmpty), "the second line is told");
        var text = JsonDocument.Parse(chat.Received.First().Body).RootElement.GetProperty("text").GetString()!;
        Assert.Contains("Alert of priority 4", text, StringComparison.Ordinal);
        Assert.DoesNotContain("NO02AAB", text, StringComparison.Ordinal);
        Assert.DoesNotContain((await NotificationsAsync(taken.Id, _ => true)).Deliveries, d => d.Line == 2);
        var settings = await _core.Http.GetStringAsync("/api/notifications", Token);
        Assert.DoesNotContain("hidden", settings, StringComparison.Ordinal);
        Assert.Equal(0L, await _core.Postgres.ScalarAsync<long>("select count(*) from notification_recipients r where r::text like '%hidden%'"));
        Assert.DoesNotContain("hidden", await _core.Http.GetStringAsync("/api/audit?action=notifications", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task With_nobody_on_the_first_line_the_second_is_told_and_with_nobody_at_all_health_says_so()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        var recipient = await AddAsync("Control room", "webhook", receiver.Url.ToString());
        var past = (int)TimeProvider.System.GetUtcNow().AddDays(-3).DayOfWeek is 0 ? 7 : (int)TimeProvider.System.GetUtcNow().AddDays(-3).DayOfWeek;
        await OnAsync(recipient, 1, [past]);
        await RuleAsync(1, true, null);
        var alert = await AlertAsync("NO03AAA");
        await CoreHost.UntilAsync(() => Task.FromResult(Health() is { State: WorkerState.Degraded, Detail: { } detail } && detail.Contains("nobody is on the second line", StringComparison.Ordinal)), "health says that nobody is on the rota");

        await OnAsync(recipient, 2);

        await CoreHost.UntilAsync(() => Task.FromResult(!receiver.Received.IsEmpty), "who came on duty is told");
        var (headers, body) = receiver.Received.First();
        Assert.Equal(alert.Id, JsonDocument.Parse(body).RootElement.GetProperty("alerts")[0].GetProperty("id").GetGuid());
        Assert.Equal(WebhookSignature.Of(recipient.Secret!, long.Parse(headers[WebhookSignature.TimestampHeader]!, System.Globalization.CultureInfo.InvariantCulture), body), headers[WebhookSignature.SignatureHeader]);
        await CoreHost.UntilAsync(() => Task.FromResult(Health() is { State: WorkerState.Healthy }), "health is well again");
    }

    [Fact]
    public async Task What_cannot_be_delivered_shows_in_health_is_dead_after_a_day_and_can_be_sent_again()
    {
        _mail.Takes = _ => false;
        await OnAsync(await AddAsync("Duty", "email", "duty@city.example.org"), 1);
        await RuleAsync(1, true, null);
        var alert = await AlertAsync("NO04AAA");
        await NotificationsAsync(alert.Id, n => n.Deliveries.Any(d => d.Fault?.Contains("try again later", StringComparison.Ordinal) == true));
        await CoreHost.UntilAsync(() => Task.FromResult(Health() is { State: WorkerState.Degraded, Detail: { } detail } && detail.StartsWith("Duty could not be told", StringComparison.Ordinal)), "health names the recipient");

        // What cannot be written down is not given up either.
        await ChangeAndLine.FailingAsync(_core, "audit", async () =>
        {
            await _core.Postgres.ExecuteAsync("update notification_deliveries set first_at = first_at - interval '25 hours'");
            await CoreHost.UntilAsync(() => Task.FromResult(Health()?.Detail?.StartsWith("Messages to a recipient wait", StringComparison.Ordinal) == true), "health says that they wait");
            Assert.Equal("waiting", await _core.Postgres.ScalarAsync<string>("select state from notification_deliveries"));
        });
        await _core.Postgres.ExecuteAsync("update notification_deliveries set next_at = now()");
        var dead = (await NotificationsAsync(alert.Id, n => n.Deliveries.Any(d => d.State == "dead"))).Deliveries.Single();
        Assert.Null(dead.NextAt);
        Assert.Equal(1L, await _core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'notifications.failed'"));
        _mail.Takes = _ => true;
        using var resent = await _core.Http.PostAsync($"/api/notifications/deliveries/{dead.Id}/resend", null, Token);
        Assert.Equal(HttpStatusCode.Accepted, resent.StatusCode);
        await NotificationsAsync(alert.Id, n => n.Deliveries.Single().State == "delivered");
    }

    [Fact]
    public async Task A_recipient_that_could_not_be_told_is_refused()
    {
        foreach (var (body, said) in ((string, string)[])[
            ("""{"name":"","kind":"email","address":"duty@city.example.org"}""", "name"),
            ("""{"name":"x","kind":"pigeon","address":"duty@city.example.org"}""", "kind must be one of"),
            ("""{"name":"x","kind":"email","address":"Duty <duty@city.example.org>"}""", "one e-mail address"),
            ("""{"name":"x","kind":"email","address":"duty@city.example.org, other@city.example.org"}""", "one e-mail address"),
            ("""{"name":"x","kind":"slack","address":"ftp://chat.example.org"}""", "http or https"),
        ])
        {
            using var content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
            using var answer = await _core.Http.PostAsync("/api/notifications/recipients", content, Token);
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            Assert.Contains(said, await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    private WorkerReport? Health() => _core.Services.GetRequiredService<WorkerHealth>().Reports.FirstOrDefault(r => r.Name == "notifications");

    private async Task<RecipientView> AddAsync(string name, string kind, string address)
    {
        using var answer = await _core.Http.PostAsJsonAsync("/api/notifications/recipients", new RecipientRequest(name, kind, address), Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        return (await answer.Content.ReadFromJsonAsync<RecipientView>(Token))!;
    }

    private async Task OnAsync(RecipientView recipient, int line, int[]? days = null)
    {
        using var answer = await _core.Http.PostAsJsonAsync("/api/notifications/shifts", new NewShift(recipient.Id, line, days ?? [1, 2, 3, 4, 5, 6, 7], new TimeOnly(0, 0), new TimeOnly(0, 0)), Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private async Task RuleAsync(int priority, bool first, int? minutes)
    {
        using var answer = await _core.Http.PutAsJsonAsync($"/api/notifications/rules/{priority}", new NotificationRuleChange(first, minutes), Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private async Task ActAsync(Guid alert, AlertDecision decision)
    {
        using var answer = await _core.Http.PostAsJsonAsync($"/api/alerts/{alert}/actions", decision, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<AlertView> AlertAsync(string plate, int priority = 1) => RaisedAlerts.RaiseAsync(_core, plate, priority);

    private async Task<MimeMessage> MessageAsync(string to)
    {
        MimeMessage? found = null;
        await CoreHost.UntilAsync(() => Task.FromResult((found = _mail.Received.FirstOrDefault(m => m.To.Mailboxes.Any(a => a.Address == to))) is not null), $"a message to {to}");
        return found!;
    }

    private async Task<AlertNotifications> NotificationsAsync(Guid alert, Predicate<AlertNotifications> until)
    {
        AlertNotifications? found = null;
        await CoreHost.UntilAsync(async () => until(found = (await _core.Http.GetFromJsonAsync<AlertNotifications>($"/api/alerts/{alert}/notifications", Token))!), "the notifications");
        return found!;
    }
}

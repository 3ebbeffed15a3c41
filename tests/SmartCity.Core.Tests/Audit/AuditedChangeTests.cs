using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Audit;

/// <summary>A change and the line that tells of it are there together or not at all.</summary>
public class AuditedChangeTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly Guid Alert = Guid.Parse("0193a5b0-1c2d-7e3f-8a4b-5c6d7e8f9a0b");

    private static readonly Dictionary<string, (string Method, string Path, object? Body)> Calls = new()
    {
        ["hotlist_entries"] = ("POST", "/api/hotlist", new HotlistEntryView { Pattern = "AC01AAA", Reason = "stolen" }),
        ["webhooks"] = ("POST", "/api/webhooks", new WebhookRequest("audited change", new Uri("https://police.example/"), null, false, 5, null)),
        ["api_keys"] = ("POST", "/api/access/keys", new NewApiKey("audited change", [Scope.LiveRead], null)),
        ["notification_recipients"] = ("POST", "/api/notifications/recipients", new RecipientRequest("audited change", RecipientKind.Email, "duty@example.org", true)),
        ["notification_rules"] = ("PUT", "/api/notifications/rules/5", new NotificationRuleChange(true, 30)),
        ["alert_actions"] = ("POST", $"/api/alerts/{Alert}/actions", new AlertDecision("acknowledged", null, null)),
    };

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string> Tables => [.. Calls.Keys];

    [Theory]
    [MemberData(nameof(Tables))]
    public async Task What_cannot_be_written_down_is_not_changed_and_what_is_not_changed_is_not_written_down(string table)
    {
        await core.Postgres.ExecuteAsync(
            """
            insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state)
            values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'AC02AAA', 'AC02AAA', 'r', 1, 'london-a1', now(), now(), 'open') on conflict do nothing
            """,
            Alert);
        var (before, lines) = (await RowsAsync(table), await LinesAsync());

        // The line fails.
        await FailingAsync("audit", async () => Assert.Equal(HttpStatusCode.InternalServerError, await CallAsync(table)));
        Assert.Equal((before, lines, 0L), (await RowsAsync(table), await LinesAsync(), await IntentsAsync()));

        // The change fails.
        await FailingAsync(table, async () => Assert.Equal(HttpStatusCode.InternalServerError, await CallAsync(table)));
        Assert.Equal((before, lines), (await RowsAsync(table), await LinesAsync()));

        // Neither fails.
        Assert.InRange((int)await CallAsync(table), 200, 299);
        Assert.Equal((before + 1, lines + 1, 0L), (await RowsAsync(table), await LinesAsync(), await IntentsAsync()));
        Assert.Null((await core.Http.GetFromJsonAsync<AuditVerdict>("/api/audit/check", Token))!.Fault);
    }

    [Fact]
    public async Task What_is_refused_leaves_neither_a_change_nor_a_line()
    {
        var lines = await LinesAsync();

        using var missing = await core.Http.DeleteAsync($"/api/hotlist/{Guid.NewGuid()}", Token);

        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
        Assert.Equal((lines, 0L), (await LinesAsync(), await IntentsAsync()));
    }

    private async Task<HttpStatusCode> CallAsync(string table)
    {
        var (method, path, body) = Calls[table];
        using var request = new HttpRequestMessage(new HttpMethod(method), path) { Content = JsonContent.Create(body) };
        using var response = await core.Http.SendAsync(request, Token);
        return response.StatusCode;
    }

    // A table that takes no rows for a while.
    private async Task FailingAsync(string table, Func<Task> then)
    {
        await core.Postgres.ExecuteAsync($"create or replace function takes_nothing() returns trigger language plpgsql as $f$ begin raise exception 'a disk is full'; end $f$; create trigger takes_nothing before insert on {table} for each statement execute function takes_nothing()");
        try
        {
            await then();
        }
        finally
        {
            await core.Postgres.ExecuteAsync($"drop trigger takes_nothing on {table}");
        }
    }

    // Of callers: the core itself may write a line at any time.
    private Task<long> LinesAsync() => core.Postgres.ScalarAsync<long>("select count(*) from audit where actor = 'tests' and action not like '%.unfinished'");

    private Task<long> IntentsAsync() => core.Postgres.ScalarAsync<long>("select count(*) from audit_intents");

    private Task<long> RowsAsync(string table) => core.Postgres.ScalarAsync<long>($"select count(*) from {table}");
}

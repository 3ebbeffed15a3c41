using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Audit;

public class AuditTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_search_says_who_looked_for_what_and_why()
    {
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", Uri.EscapeDataString("hit and run in Łódź Street"));
        using var response = await investigator.Http.GetAsync("/api/sightings?plate=AU12DIT", Token);
        Assert.True(response.IsSuccessStatusCode);

        var name = (await investigator.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        var line = Assert.Single((await ListAsync($"?actor={name}&action=sightings.search")).Items);
        Assert.Equal("AU12DIT", line.Subject);
        Assert.Equal("hit and run in Łódź Street", line.Reason);
        Assert.Contains((await ListAsync($"?reason={Uri.EscapeDataString("HIT and run in Łódź")}")).Items, l => l.Number == line.Number);
        Assert.Null(await FaultAsync());
    }

    [Fact]
    public async Task What_changes_something_is_written_down_and_what_was_refused_is_too()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        using var refused = await viewer.Http.DeleteAsync($"/api/hotlist/{Guid.Empty}", Token);
        using var added = await core.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = "AUD1T", Reason = "test" }, Token);
        Assert.True(added.IsSuccessStatusCode);

        var name = (await viewer.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        Assert.Contains((await ListAsync($"?actor={name}")).Items, l => l.Action == "access.refused" && l.Subject!.StartsWith("DELETE /api/hotlist/", StringComparison.Ordinal));
        Assert.Equal(("AUD1T", "a test"), (await ListAsync("?actor=tests&limit=500&action=hotlist.add")).Items.Where(l => l.Details!.Contains("AUD1T", StringComparison.Ordinal)).Select(l => (l.Subject, l.Reason)).Single());
    }

    [Fact]
    public async Task What_is_removed_or_revoked_keeps_its_name_and_what_is_added_has_one()
    {
        var key = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("audited robot", [Scope.LiveRead], null), Token));
        using var revoked = await core.Http.DeleteAsync($"/api/access/keys/{key.Key.Id}", Token);
        var webhook = await Caller.ReadAsync<WebhookView>(await core.Http.PostAsJsonAsync("/api/webhooks", new WebhookRequest("audited police", new Uri("https://police.example/"), null, false, 5, null), Token));
        using var renewed = await core.Http.PostAsync($"/api/webhooks/{webhook.Id}/secret", null, Token);
        using var removed = await core.Http.DeleteAsync($"/api/webhooks/{webhook.Id}", Token);
        using var replayed = await core.Http.PostAsJsonAsync("/api/dead-letters/replay", new DeadLetterSelection("no-such-topic", "audited"), Token);

        var lines = (await ListAsync("?actor=tests&limit=500")).Items;
        Assert.Contains(lines, l => l.Action == "keys.revoke" && l.Subject == $"{key.Key.Id} audited robot");
        Assert.Contains(lines, l => l.Action == "webhooks.secret" && l.Subject!.Contains("audited police https://police.example/", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Action == "webhooks.remove" && l.Subject == $"{webhook.Id} audited police https://police.example/");
        Assert.Contains(lines, l => l.Action == "dead-letters.replay" && l.Subject == "topic no-such-topic, reason 'audited'");
    }

    [Fact]
    public async Task What_happens_to_who_is_told_of_alerts_names_them()
    {
        var recipient = await Caller.ReadAsync<RecipientView>(await core.Http.PostAsJsonAsync("/api/notifications/recipients", new RecipientRequest("Audited desk", RecipientKind.Webhook, "http://127.0.0.1:9/"), Token));
        var shift = await Caller.ReadAsync<ShiftView>(await core.Http.PostAsJsonAsync("/api/notifications/shifts", new NewShift(recipient.Id, 2, [1, 5], new TimeOnly(8, 0), new TimeOnly(16, 30)), Token));
        using var tested = await core.Http.PostAsync($"/api/notifications/recipients/{recipient.Id}/test", null, Token);
        using var off = await core.Http.DeleteAsync($"/api/notifications/shifts/{shift.Id}", Token);
        using var removed = await core.Http.DeleteAsync($"/api/notifications/recipients/{recipient.Id}", Token);

        Assert.Equal(
            [
                ("notifications.recipient.remove", $"{recipient.Id} Audited desk"),
                ("notifications.shift.remove", $"{shift.Id} Audited desk, line 2, 08:00 to 16:30 on days 1 5"),
                ("notifications.recipient.test", $"{recipient.Id} Audited desk"),
                ("notifications.shift.add", "Audited desk, line 2, 08:00 to 16:30 on days 1 5"),
            ],
            (await ListAsync("?actor=tests&action=notifications.&limit=4")).Items.Select(l => (l.Action, l.Subject!)));
    }

    [Fact]
    public async Task A_key_works_until_the_end_of_its_last_day()
    {
        var last = DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddDays(30);
        using var body = new StringContent($$"""{ "name": "a day alone", "scopes": ["{{Scope.LiveRead}}"], "expiresAt": "{{last:yyyy-MM-dd}}" }""", System.Text.Encoding.UTF8, "application/json");
        var key = await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsync(new Uri("/api/access/keys", UriKind.Relative), body, Token));

        Assert.True(DayOrTime.TryEnd(last.ToString("yyyy-MM-dd", System.Globalization.CultureInfo.InvariantCulture), out var end));
        Assert.Equal(end, key.Key.ExpiresAt);
    }

    [Fact]
    public async Task Whatever_looks_for_a_plate_leaves_the_plate_and_the_list_of_alerts_leaves_nothing()
    {
        using var user = await Caller.OfRoleAsync(core, Role.Operator);
        user.Http.DefaultRequestHeaders.Add("Audit-Reason", "stolen");
        foreach (var path in (string[])["/api/alerts?state=open", "/api/alerts?plate=AU13DIT", "/api/hotlist", "/api/hotlist?text=AU14"])
        {
            using var response = await user.Http.GetAsync(path, Token);
            Assert.True(response.IsSuccessStatusCode, path);
        }

        using var tried = await user.Http.PostAsJsonAsync("/api/hotlist/test", new HotlistQuestion("AU15DIT"), Token);
        Assert.True(tried.IsSuccessStatusCode);

        var name = (await user.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        var lines = (await ListAsync($"?actor={name}")).Items;
        Assert.Equal(("AU13DIT", "stolen"), lines.Where(l => l.Action == "alerts.search").Select(l => (l.Subject, l.Reason)).Single());
        Assert.Equal("AU14", lines.Single(l => l.Action == "hotlist.search").Subject);
        Assert.Equal("AU15DIT", lines.Single(l => l.Action == "hotlist.test").Subject);
    }

    [Fact]
    public async Task A_search_and_what_is_taken_off_the_hot_list_are_told_by_what_they_were_about()
    {
        using var user = await Caller.OfRoleAsync(core, Role.Investigator);
        user.Http.DefaultRequestHeaders.Add("Audit-Reason", "stolen");
        using var found = await user.Http.PostAsJsonAsync("/api/vehicles/search?limit=10", new VehicleSearch { Plate = "AU16*", Colour = "red" }, Token);
        using var exported = await user.Http.GetAsync("/api/vehicles/search/export?plate=AU16*&limit=3", Token);
        var entry = await Caller.ReadAsync<HotlistEntryView>(await user.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = "AU17DIT", Reason = "test" }, Token));
        using var removed = await user.Http.DeleteAsync($"/api/hotlist/{entry.Id}", Token);

        user.Http.DefaultRequestHeaders.Remove("Audit-Reason");
        using var unexplained = await user.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = "AU18DIT", Reason = "seen at a robbery" }, Token);

        var name = (await user.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        Assert.Equal("seen at a robbery", (await ListAsync($"?actor={name}&action=hotlist.add")).Items.Single(l => l.Subject == "AU18DIT").Reason);
        Assert.Equal(
            [("hotlist.remove", $"{entry.Id} AU17DIT"), ("hotlist.add", "AU17DIT"), ("vehicles.export", "AU16*"), ("vehicles.search", "AU16* red")],
            (await ListAsync($"?actor={name}")).Items.Where(l => l.Action.StartsWith("hotlist", StringComparison.Ordinal) || l.Action.StartsWith("vehicles", StringComparison.Ordinal)).Select(l => (l.Action, l.Subject)).Skip(1));
    }

    [Fact]
    public async Task A_refused_sign_in_is_written_down_and_no_password_is()
    {
        using var wrong = await core.Http.PostAsJsonAsync("/api/access/sign-in", new SignInRequest("mallory", "open sesame please"), Token);

        var line = Assert.Single((await ListAsync("?actor=mallory")).Items);
        Assert.Equal("access.sign-in.refused", line.Action);
        Assert.DoesNotContain("sesame", await core.Http.GetStringAsync("/api/audit?limit=500", Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_written_at_once_form_one_chain()
    {
        var log = new AuditLog(core.Postgres.DataSource, new CoreSecret(CoreHost.Secret), TimeProvider.System);
        await Task.WhenAll(Enumerable.Range(0, 40).Select(i => log.AppendAsync("crowd", "test", $"{i}", null, null)));

        Assert.Null(await FaultAsync());
        Assert.Equal(40, (await ListAsync("?actor=crowd&limit=100")).Items.Count);
    }

    [Fact]
    public async Task The_export_is_a_csv_of_the_same_lines()
    {
        await new AuditLog(core.Postgres.DataSource, new CoreSecret(CoreHost.Secret), TimeProvider.System).AppendAsync("exporter", "test", "=1+1", "with, comma", null);

        var csv = await core.Http.GetStringAsync("/api/audit/export?actor=exporter", Token);

        var lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("number,at,actor,action,subject,reason,details,hash", lines[0]);
        Assert.Equal(2, lines.Length);
        Assert.Contains("\"with, comma\"", lines[1], StringComparison.Ordinal);
        Assert.DoesNotContain(",=1+1", lines[1], StringComparison.Ordinal);
    }

    private async Task<Page<AuditLine>> ListAsync(string query) => (await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit" + query, Token))!;

    private async Task<string?> FaultAsync() => (await core.Http.GetFromJsonAsync<AuditVerdict>("/api/audit/check", Token))!.Fault;
}

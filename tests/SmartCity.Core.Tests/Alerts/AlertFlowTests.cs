using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>What becomes of alerts: each is told once, none holds up the others, and nobody is flooded.</summary>
public sealed class AlertFlowTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Two_cores_publish_each_alert_once()
    {
        await AddAsync("AF01AAA");
        await using var other = core.Build(core.Postgres.ConnectionString);
        await other.StartAsync(Token);
        await CoreHost.UntilAsync(() => Task.FromResult(other.Services.GetRequiredService<WorkerHealth>().Reports.Any(r => r is { Name: "alert publisher", State: WorkerState.Healthy })), "the other core publishes too");

        await IngestAsync([.. Enumerable.Range(0, 300).Select(i => Sighting("AF01AAA", Noon.AddMinutes(5 * i)))]);

        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from alerts where plate = 'AF01AAA' and published_at is null") == 0, "all alerts are published");
        await other.StopAsync(Token);
        Assert.Equal(Enumerable.Repeat(1, 300), (await PublishedAsync(300, a => a.Plate == "AF01AAA")).CountBy(a => a.Id).Select(a => a.Value));
    }

    [Fact]
    public async Task An_alert_that_no_record_can_hold_is_set_aside_and_the_others_go_on()
    {
        // As an entry from before lengths were limited has it.
        await core.Postgres.ExecuteAsync("insert into hotlist_entries (id, pattern, reason, priority) values ($1, 'AF02AAA', repeat('long ', 400000), 1)", Guid.CreateVersion7(Noon));
        await AddAsync("AF02AAB");

        await IngestAsync(Sighting("AF02AAA", Noon));
        await IngestAsync(Sighting("AF02AAB", Noon));

        Assert.Single(await PublishedAsync(1, a => a.Plate == "AF02AAB"));
        await CoreHost.UntilAsync(async () => (await SetAsideAsync()).Count == 1, "the alert is set aside");
        var aside = Assert.Single(await SetAsideAsync());
        Assert.Equal("AF02AAA", aside.Plate);
        Assert.False(string.IsNullOrEmpty(aside.NotPublished));
        await CoreHost.UntilAsync(
            () => Task.FromResult(core.Services.GetRequiredService<WorkerHealth>().Reports.Single(r => r.Name == "alert publisher") is { State: WorkerState.Degraded, Detail: { } detail } && detail.StartsWith("1 alert", StringComparison.Ordinal)), "health says so");

        await core.Postgres.ExecuteAsync("update alerts set reason = 'short' where id = $1", aside.Id);
        using var again = await core.Http.PostAsync(new Uri($"/api/alerts/{aside.Id}/publish", UriKind.Relative), null, Token);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Single(await PublishedAsync(1, a => a.Plate == "AF02AAA"));
        Assert.Empty(await SetAsideAsync());
    }

    [Theory]
    [InlineData("reason", 1_000)]
    [InlineData("requestedBy", 200)]
    [InlineData("list", 200)]
    public async Task A_text_that_is_too_long_is_refused_wherever_it_comes_in(string field, int longest)
    {
        var entry = new Dictionary<string, object> { ["pattern"] = "AF03AAA", ["reason"] = "Stolen" };
        entry[field] = new string('x', longest + 1);
        using var added = await core.Http.PostAsJsonAsync("/api/hotlist", entry, Token);
        var csv = await ImportAsync($"{string.Join(',', entry.Keys)}\n{string.Join(',', entry.Values)}\n", "text/csv");
        var json = await ImportAsync(JsonSerializer.Serialize(new[] { entry }), "application/json");

        var what = $"{field} has {longest + 1} characters; at most {longest} are allowed.";
        Assert.Equal(HttpStatusCode.BadRequest, added.StatusCode);
        Assert.Contains(what, await added.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal([what, what], [Assert.Single(csv.Errors).Error, Assert.Single(json.Errors).Error]);
        entry[field] = new string('x', longest);
        Assert.Equal(1, (await ImportAsync(JsonSerializer.Serialize(new[] { entry }), "application/json")).Imported);
    }

    [Fact]
    public async Task A_pattern_that_matches_much_of_what_passes_is_refused_with_its_share()
    {
        await IngestAsync([.. Enumerable.Range(0, 60).Select(i => Sighting($"AF04{(i < 30 ? 'X' : 'Y')}{(char)('A' + i % 26)}{(char)('A' + i / 26)}", TimeProvider.System.GetUtcNow().AddSeconds(-i)))]);

        using var refused = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "*04X*", reason = "Wanted" }, Token);
        using var nearlyAll = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "*A*", reason = "Wanted" }, Token);
        var report = await ImportAsync("plate,reason\nAF0?X*,Wanted\nAF04XA*,Wanted\n", "text/csv");

        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.BadRequest), (refused.StatusCode, nearlyAll.StatusCode));
        Assert.Matches("would have matched 30 of the [0-9,]+ newest passages \\([0-9.]+ ?%\\); at most 1.0 ?% is allowed", (await refused.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("detail").GetString());
        Assert.Contains("would have matched 30 of the", Assert.Single(report.Errors).Error, StringComparison.Ordinal);
        Assert.Equal(1, report.Imported);
    }

    [Fact]
    public async Task Passages_that_a_late_sighting_joins_have_one_alert_and_somebodys_work_stays()
    {
        await AddAsync("AF05AAA");
        await AddAsync("AF05AA?");
        var (first, second) = (Sighting("AF05AAA", Noon), Sighting("AF05AAA", Noon.AddSeconds(100)));
        await IngestAsync(first);
        await IngestAsync(second);
        var alerts = await AlertsAsync("AF05AAA");
        Assert.Equal(4, alerts.Count);
        var worked = alerts.Single(a => a.SightingId == second.Id && a.Pattern == "AF05AAA");
        using var acted = await core.Http.PostAsJsonAsync($"/api/alerts/{worked.Id}/actions", new AlertDecision("acknowledged"), Token);

        Assert.Empty(await IngestAsync(Sighting("AF05AAA", Noon.AddSeconds(50))));

        var after = await AlertsAsync("AF05AAA");
        var passage = await core.Postgres.ScalarAsync<Guid>("select id from passages where plate = 'AF05AAA'");
        Assert.All(after, a => Assert.Equal(passage, a.PassageId));
        Assert.Equal([worked.Id], after.Where(a => a is { Pattern: "AF05AAA", JoinedInto: null }).Select(a => a.Id));
        Assert.Equal([first.Id], after.Where(a => a is { Pattern: "AF05AA?", JoinedInto: null }).Select(a => a.SightingId));
        Assert.Equal(["dismissed", "dismissed"], after.Where(a => a.JoinedInto is not null).Select(a => a.State));
        Assert.Empty(await IngestAsync(Sighting("AF05AAA", Noon.AddSeconds(60))));
    }

    private async Task AddAsync(string pattern)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern, reason = "Stolen", priority = 1 }, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private async Task<ImportReport> ImportAsync(string text, string type) =>
        await Caller.ReadAsync<ImportReport>(await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), new StringContent(text, Encoding.UTF8, type), Token));

    private async Task<IReadOnlyList<AlertView>> IngestAsync(params Sighting[] sightings) =>
        (await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token)).Alerts;

    private async Task<IReadOnlyList<AlertView>> AlertsAsync(string plate) => (await core.Http.GetFromJsonAsync<Page<AlertView>>($"/api/alerts?plate={plate}", Token))!.Items;

    private async Task<IReadOnlyList<AlertView>> SetAsideAsync() => (await core.Http.GetFromJsonAsync<Page<AlertView>>("/api/alerts?setAside=true", Token))!.Items;

    // Waits for so many, and then until the topic has been read to its end.
    private async Task<List<AlertView>> PublishedAsync(int least, Predicate<AlertView> which)
    {
        using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = core.Broker.BootstrapServers, GroupId = Guid.NewGuid().ToString("N"), AutoOffsetReset = AutoOffsetReset.Earliest, EnablePartitionEof = true }).Build();
        consumer.Assign(new TopicPartitionOffset(Topics.Alerts, 0, Offset.Beginning));
        var seen = new List<AlertView>();
        await CoreHost.UntilAsync(
            () =>
            {
                while (consumer.Consume(TimeSpan.FromMilliseconds(200)) is { } record)
                {
                    if (record.IsPartitionEOF)
                    {
                        return Task.FromResult(seen.Count >= least);
                    }

                    if (JsonSerializer.Deserialize(record.Message.Value, ContractsJson.Default.AlertView) is { } alert && which(alert))
                    {
                        seen.Add(alert);
                    }
                }

                return Task.FromResult(false);
            },
            $"{least} alerts on their topic");
        return seen;
    }
}

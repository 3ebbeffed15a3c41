using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Audit;
using SmartCity.Core.Secrets;
using SmartCity.Core.Retention;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Retention;

public class RetentionTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IObjectStore Objects => core.Services.GetRequiredService<IObjectStore>();

    [Fact]
    public async Task What_is_over_goes_and_what_a_charge_or_an_open_alert_rests_on_stays()
    {
        await core.Postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) values ('PAYS1IT', 'car', 'diesel', 4), ('CLEAN1X', 'car', 'petrol', 6), ('WANTED1', 'car', 'petrol', 6), ('MISSED1', 'car', 'petrol', 6)");
        await core.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = "WANTED1", Reason = "stolen" }, Token);
        await core.Http.PostAsJsonAsync("/api/hotlist", new HotlistEntryView { Pattern = "MISSED1", Reason = "was a mistake" }, Token);
        var long_ago = Now.AddDays(-1000);
        var old = await SendAsync(long_ago, "PAYS1IT", "CLEAN1X", "WANTED1", "MISSED1");
        var empty = await SendAsync(long_ago.AddDays(-3), "CLEAN1X");
        var young = await SendAsync(Now.AddDays(-1), "CLEAN1X");
        await CoreHost.UntilAsync(async () => await CountAsync("sightings") == 6 && await CountAsync("alerts") == 2 && await CountAsync("charge_entries") > 0, "all is stored");
        await core.Postgres.ExecuteAsync("update alerts set state = 'dismissed' where plate = 'MISSED1'; update retention set days = 1001 where kind = 'archive'");
        await CoreHost.UntilAsync(
            async () =>
            {
                await core.Services.GetRequiredService<ArchiveWriter>().RollAsync(1000, DateTimeOffset.MaxValue, Token);
                return await CountAsync("archive_waiting") == 0;
            },
            "all is archived");
        Assert.Equal([1, 4, 1], (await ArchivedAsync()).Select(o => o.Rows));

        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

        // Pictures: of the charge and of the open alert.
        foreach (var (sighting, stays) in new[] { (old[0], true), (old[1], false), (old[2], true), (old[3], false), (empty[0], false), (young[0], true) })
        {
            foreach (var key in new[] { sighting.Evidence!, Sighting.PatchKey(sighting.Evidence!) })
            {
                await using var picture = await Objects.OpenAsync(key, Token);
                Assert.True(picture is not null == stays, $"{sighting.Plate} of {sighting.CapturedAt}: {key}");
            }
        }

        // Rows: those and the dismissed alert's, which is history.
        var left = (await core.Http.GetFromJsonAsync<Page<SightingView>>("/api/sightings?limit=100", Token))!.Items;
        Assert.Equal(["CLEAN1X", "MISSED1", "PAYS1IT", "WANTED1"], left.Select(s => s.Plate).Order());
        Assert.Null(left.Single(s => s.Plate == "MISSED1").Evidence);
        Assert.Equal(4, await CountAsync("passages"));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from pg_class where relname = $1", $"sightings_{empty[0].CapturedAt:yyyyMMdd}"));
        Assert.Equal([4, 1], (await ArchivedAsync()).Select(o => o.Rows));

        var runs = (await core.Http.GetFromJsonAsync<RetentionView[]>("/api/retention", Token))!.ToDictionary(r => r.Kind, r => r.LastRun!);
        Assert.Equal((6, 4), (runs["evidence"].Removed, runs["evidence"].Kept));
        Assert.Equal((2, 3), (runs["sightings"].Removed, runs["sightings"].Kept));
        Assert.Equal(1, runs["archive"].Removed);
        Assert.True(runs["archive"].Bytes > 0);
        Assert.All(runs.Values, r => Assert.Null(r.Error));

        // A day whose table is gone is made again.
        await SendAsync(empty[0].CapturedAt, "CLEAN1X");
        await CoreHost.UntilAsync(async () => await CountAsync("sightings") == 5, "a late sighting is stored");
    }

    [Fact]
    public async Task Old_lines_of_the_audit_go_from_its_beginning_and_the_chain_holds()
    {
        await using var postgres = new SmartCity.Core.Tests.Database.PostgresFixture(core.Postgres.Server);
        await postgres.InitializeAsync();
        var clock = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(Now.AddDays(-800));
        var log = new AuditLog(postgres.DataSource, new CoreSecret(CoreHost.Secret), clock);
        for (var i = 0; i < 6; i++)
        {
            await log.AppendAsync("someone", "vehicles.search", $"AB{i}", "why not", null);
            clock.Advance(TimeSpan.FromDays(100));
        }

        // Lines of 800, 700, 600, 500, 400 and 300 days ago.
        var retention = new AuditRetention(postgres.DataSource, log);
        Assert.Equal(3, await retention.RunAsync(Now.AddDays(-550), Token));
        Assert.Equal(0, await retention.RunAsync(Now.AddDays(-550), Token));
        var verdict = await AuditChain.CheckAsync(postgres.DataSource, new CoreSecret(CoreHost.Secret), null, Token);
        Assert.Equal((null, 4L), (verdict.Fault, verdict.Lines));

        // Nobody can say that more has gone than the audit knows of, or remove what is young.
        await ExecuteAsync(postgres.DataSource, "alter table audit disable trigger user; update audit_start set (number, hash) = (select number, hash from audit where number = 4); delete from audit where number = 4; alter table audit enable trigger user");
        Assert.Contains("lines 1 to 4 are missing", (await AuditChain.CheckAsync(postgres.DataSource, new CoreSecret(CoreHost.Secret), null, Token)).Fault, StringComparison.Ordinal);
        var refused = await Assert.ThrowsAsync<PostgresException>(() => ExecuteAsync(postgres.DataSource, "begin; set local smartcity.audit_retention = 'on'; delete from audit; commit"));
        Assert.Contains("for a year", refused.MessageText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("audit", 364, "from 365")]
    [InlineData("evidence", 7, "from 28")]
    [InlineData("evidence", 800, "longer than their sightings")]
    [InlineData("sightings", 100, "before their pictures")]
    [InlineData("archive", null, "days must be")]
    public async Task Days_that_no_law_would_allow_are_refused(string kind, int? days, string words)
    {
        using var answer = await core.Http.PutAsJsonAsync($"/api/retention/{kind}", new RetentionChange(days), Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(words, (await answer.Content.ReadFromJsonAsync<ProblemDetails>(Token))!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_change_says_who_made_it_and_is_audited()
    {
        var changed = await Caller.ReadAsync<RetentionView>(await core.Http.PutAsJsonAsync("/api/retention/archive", new RetentionChange(2000), Token));

        Assert.Equal((2000, "tests"), (changed.Days, changed.ChangedBy));
        var line = (await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=retention.change", Token))!.Items[0];
        Assert.Equal(("archive", "{\"days\":2000}"), (line.Subject, line.Details));
    }

    private async Task<List<Sighting>> SendAsync(DateTimeOffset at, params string[] plates)
    {
        var sent = new List<Sighting>();
        foreach (var plate in plates)
        {
            var id = Guid.CreateVersion7(at);
            var sighting = TestSightings.Sighting(plate, at, id: id) with { Evidence = Sighting.EvidenceKey("london-a1", at, id) };
            await Objects.PutAsync(sighting.Evidence, new byte[100], "image/jpeg", Token);
            await Objects.PutAsync(Sighting.PatchKey(sighting.Evidence), new byte[10], "image/jpeg", Token);
            await core.SendAsync(sighting);
            sent.Add(sighting);
        }

        return sent;
    }

    private async Task<IEnumerable<ArchivedObject>> ArchivedAsync() => (await core.Http.GetFromJsonAsync<Page<ArchivedObject>>("/api/archive/objects", Token))!.Items.OrderBy(o => o.Day);

    private Task<long> CountAsync(string table) => core.Postgres.ScalarAsync<long>($"select count(*) from {table}");

    private static async Task ExecuteAsync(NpgsqlDataSource dataSource, string sql)
    {
        await using var command = dataSource.CreateCommand(sql);
        await command.ExecuteNonQueryAsync(Token);
    }
}

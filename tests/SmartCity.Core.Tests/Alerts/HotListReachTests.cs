using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Database;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>No sighting of a listed plate passes by unseen: not at a start, not while the way to the database is broken, not while a list is imported.</summary>
public sealed class HotListReachTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_sighting_that_is_stored_before_the_list_is_in_memory_raises_its_alert()
    {
        await AddAsync("HR01AAA");
        await AddAsync("HR01B?A");
        await using var starting = core.Build(core.Postgres.ConnectionString);

        Assert.Equal(["HR01AAA", "HR01BBA"], (await IngestAsync(starting, Sighting("HR01AAA", Noon), Sighting("HR01BBA", Noon), Sighting("HR01CCC", Noon))).Select(a => a.Plate));
    }

    [Fact]
    public async Task A_doubtful_reading_that_is_stored_before_the_list_is_in_memory_gets_its_case()
    {
        await AddAsync("HR02BOB");
        await using var starting = core.Build(core.Postgres.ConnectionString);
        var doubtful = Sighting("HR028OB", Noon, confidence: 0.93);

        Assert.Empty(await IngestAsync(starting, doubtful));
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from review_cases where kind = 'near-match' and sighting_id = $1", doubtful.Id));
    }

    [Fact]
    public async Task A_connection_that_is_open_and_carries_nothing_costs_no_alert_and_is_made_anew()
    {
        using var proxy = new FreezingProxy(core.Postgres.ConnectionString);
        await using var other = core.Build(proxy.ConnectionString);
        foreach (var worker in new Microsoft.Extensions.Hosting.IHostedService[] { other.Services.GetRequiredService<DatabaseStartup>(), other.Services.GetRequiredService<HotList>() })
        {
            await worker.StartAsync(Token);
        }

        var health = other.Services.GetRequiredService<WorkerHealth>();
        await CoreHost.UntilAsync(() => Task.FromResult(Report(health) is { State: WorkerState.Healthy }), "the hot-list is loaded");
        proxy.Freeze();
        await CoreHost.UntilAsync(() => Task.FromResult(Report(health) is { State: WorkerState.Degraded }), "health says so");
        await AddAsync("HR03AAA");
        await CoreHost.UntilAsync(() => Task.FromResult(other.Services.GetRequiredService<HotList>().MayMatch("HR03AAA")), "the entry is known again");
        await CoreHost.UntilAsync(() => Task.FromResult(Report(health) is { State: WorkerState.Healthy }), "the hot-list is healthy again");
        await other.Services.GetRequiredService<HotList>().StopAsync(Token);
    }

    [Fact]
    public async Task An_entry_that_nobody_told_of_holds_for_the_next_batch()
    {
        await using var other = core.Build(core.Postgres.ConnectionString);
        Assert.Empty(await IngestAsync(other, Sighting("HR04ZZZ", Noon)));
        await core.Postgres.ExecuteAsync("insert into hotlist_entries (id, pattern, reason, priority) values ($1, 'HR04AAA', 'Stolen', 1)", Guid.CreateVersion7(Noon));

        Assert.Single(await IngestAsync(other, Sighting("HR04AAA", Noon)));
        Assert.Single(await IngestAsync(core.Services, Sighting("HR04AAA", Noon.AddHours(1))));
    }

    [Fact]
    public async Task A_list_that_is_imported_again_keeps_its_entries_and_writes_only_what_is_new()
    {
        await ImportAsync("plate,reason,priority,requestedBy\nHR05AAA,Stolen,1,met\nHR05AAB,Stolen,1,\nHR05AAC,Stolen,2,met\n");
        Assert.Single(await IngestAsync(core.Services, Sighting("HR05AAA", Noon)));
        var before = await RowsAsync("HR05%");

        await ImportAsync("plate,reason,priority,requestedBy\nHR05AAA,Stolen,1,met\nHR05AAB,Stolen,1,\nHR05AAC,Wanted,2,met\nHR05AAD,Stolen,1,met\n");

        var after = await RowsAsync("HR05%");
        Assert.Equal(before[..2], after[..2]); // neither the id nor the row's version
        Assert.Equal((before[2].Split('|')[1], 4), (after[2].Split('|')[1], after.Count));
        Assert.Empty(await IngestAsync(core.Services, Sighting("HR05AAA", Noon.AddSeconds(20))));
    }

    [Fact]
    public async Task Of_entries_that_were_there_twice_an_import_leaves_one()
    {
        await AddAsync("HR06AAA");
        await core.Postgres.ExecuteAsync("insert into hotlist_entries (id, pattern, reason, priority) values (gen_random_uuid(), 'HR06AAA', 'Stolen', 1)");
        await ImportAsync("plate,reason,priority\nHR06AAA,Stolen,1\n");

        Assert.Single(await RowsAsync("HR06%"));
    }

    private static WorkerReport? Report(WorkerHealth health) => health.Reports.SingleOrDefault(r => r.Name == "hot-list");

    // Pattern, id and the row's version.
    private Task<List<string>> RowsAsync(string like) => core.Postgres.ColumnAsync<string>("select concat_ws('|', pattern, id, xmin) from hotlist_entries where pattern like $1 order by pattern", like);

    private async Task AddAsync(string pattern)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern, reason = "Stolen", priority = 1 }, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    private async Task ImportAsync(string csv)
    {
        var report = await Caller.ReadAsync<ImportReport>(await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), new StringContent(csv, Encoding.UTF8, "text/csv"), Token));
        Assert.Equal(0, report.Rejected);
    }

    private static Task<IReadOnlyList<AlertView>> IngestAsync(WebApplication app, params Sighting[] sightings) => IngestAsync(app.Services, sightings);

    private static async Task<IReadOnlyList<AlertView>> IngestAsync(IServiceProvider services, params Sighting[] sightings) =>
        (await services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token)).Alerts;
}

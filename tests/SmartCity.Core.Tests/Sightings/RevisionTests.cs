using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>Sightings that come again because later frames of the vehicle showed more.</summary>
public sealed class RevisionTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(true)]
    [InlineData(false)] // the part of the plate comes last: another partition was read first
    public async Task The_latest_revision_counts_and_passage_charge_and_cases_follow_it_once(bool inOrder)
    {
        var (part, whole) = inOrder ? ("RV1A368", "RV1A3683") : ("RV2A368", "RV2A3683");
        await RegisterAsync($"{part},car,diesel,4,2009-05-01", $"{whole},car,diesel,4,2009-05-01");
        var first = Sighting(part, Noon, "london-a40", confidence: inOrder ? 0.97 : 0.7);
        var second = first with { Revision = 1, Plate = whole, Confidence = 0.99, Box = [5, 6, 7, 8], Evidence = Contracts.Sighting.EvidenceKey("london-a40", Noon, first.Id, 1), Direction = "outbound", Movement = "away", SpeedKmh = 42.5 };
        Sighting[] order = inOrder ? [first, second, first, second] : [second, first, second];
        foreach (var sighting in order)
        {
            await IngestAsync(sighting);
        }

        var stored = await GetAsync<SightingView>($"/api/sightings/{first.Id}");
        Assert.Equal((whole, 1, 0.99, second.Evidence), (stored.Plate, stored.Revision, stored.Confidence, stored.Evidence));
        Assert.Equal(("outbound", "away", 42.5), (stored.Direction, stored.Movement, stored.SpeedKmh));
        Assert.Equal(second.Box, stored.Box);
        Assert.Empty((await GetAsync<Page<PassageView>>($"/api/passages?plate={part}")).Items);
        Assert.Equal(stored.PassageId, Assert.Single((await GetAsync<Page<PassageView>>($"/api/passages?plate={whole}")).Items).Id);
        Assert.Equal(12.50m, Assert.Single((await GetAsync<Page<ChargeView>>($"/api/charges?plate={whole}")).Items).Amount);
        var charges = (await GetAsync<Page<ChargeView>>($"/api/charges?plate={part}")).Items;
        Assert.Equal(inOrder ? ["charge", "reversal"] : [], charges.Select(c => c.Kind).Order());
        Assert.All(charges.Where(c => c.Kind == "reversal"), c => Assert.Contains($"corrected to {whole} by later frames", c.Why, StringComparison.Ordinal));
        Assert.DoesNotContain((await GetAsync<Page<ReviewView>>("/api/review?limit=500")).Items, c => c.SightingId == first.Id);
    }

    [Fact]
    public async Task Both_revisions_in_one_batch_are_one_sighting()
    {
        var first = Sighting("RV3AAA", Noon, "london-a41");
        var result = await IngestAsync(first with { Revision = 1, Plate = "RV3AAAB" }, first);

        Assert.Equal(("RV3AAAB", 1, 1), (Assert.Single(result.Stored).Sighting.Plate, result.Duplicates, (await GetAsync<SightingView>($"/api/sightings/{first.Id}")).Revision));
    }

    [Fact]
    public async Task A_surer_revision_of_the_same_plate_charges_and_settles_the_doubt()
    {
        await RegisterAsync("RV4AAA,car,diesel,4,2009-05-01");
        var doubtful = Sighting("RV4AAA", Noon, "london-a40", confidence: 0.87);
        await IngestAsync(doubtful);
        Assert.Contains((await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items, c => c.SightingId == doubtful.Id);

        await IngestAsync(doubtful with { Revision = 1, Confidence = 0.98 });

        Assert.Equal(doubtful.Id, Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=RV4AAA")).Items).SightingId);
        Assert.DoesNotContain((await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items, c => c.SightingId == doubtful.Id);

        // Worse again: the doubt is back, about what is read now.
        await IngestAsync(doubtful with { Revision = 2, Plate = "RV4AAB", Confidence = 0.8 });
        Assert.Equal("RV4AAB", (await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items.Single(c => c.SightingId == doubtful.Id).Plate);
        Assert.Equal(["charge", "reversal"], (await GetAsync<Page<ChargeView>>("/api/charges?plate=RV4AAA")).Items.Select(c => c.Kind).Order());
    }

    [Fact]
    public async Task What_a_person_has_decided_stays()
    {
        await RegisterAsync("RV5AAA,car,diesel,4,2009-05-01", "RV5AAB,car,diesel,4,2009-05-01");
        var sighting = Sighting("RV5AAC", Noon, "london-a40");
        await IngestAsync(sighting);
        using var answer = await core.Http.PostAsJsonAsync($"/api/sightings/{sighting.Id}/review", new { state = "corrected", plate = "RV5AAA" }, Token);
        Assert.True(answer.IsSuccessStatusCode);

        await IngestAsync(sighting with { Revision = 1, Plate = "RV5AAB" });

        var stored = await GetAsync<SightingView>($"/api/sightings/{sighting.Id}");
        Assert.Equal(("RV5AAA", 1), (stored.Plate, stored.Revision));
        Assert.Single((await GetAsync<Page<ChargeView>>("/api/charges?plate=RV5AAA")).Items);
        Assert.Empty((await GetAsync<Page<ChargeView>>("/api/charges?plate=RV5AAB")).Items);
    }

    [Fact]
    public async Task A_revision_that_only_says_how_the_vehicle_moved_reopens_no_case_and_holds_up_no_batch()
    {
        var first = Sighting("RV8AAA", Noon, "london-a40", confidence: 0.8) with { Direction = null };
        await IngestAsync(first);
        var doubtful = (await GetAsync<Page<ReviewView>>("/api/review?kind=doubtful&limit=500")).Items.Single(c => c.SightingId == first.Id);
        using var put = await core.Http.PostAsJsonAsync($"/api/review/{doubtful.Id}", new { state = "skipped" }, Token);
        Assert.True(put.IsSuccessStatusCode);

        // Another core stores a batch all the while: what runs alone would wait for it.
        await using var other = await core.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Token);
        await using var batch = await CorrectionGate.BeginBatchAsync(other, [], Token);
        var result = await IngestAsync(first with { Revision = 1, Direction = "outbound", Movement = "away", SpeedKmh = 42.5, Frames = 9 }).WaitAsync(TimeSpan.FromMinutes(1), Token);

        var stored = await GetAsync<SightingView>($"/api/sightings/{first.Id}");
        Assert.Equal((1, "outbound", "away", 42.5, 9), (stored.Revision, stored.Direction, stored.Movement, stored.SpeedKmh, stored.Frames));
        Assert.Equal(["outbound"], await core.Postgres.ColumnAsync<string>("select direction from passages where plate = 'RV8AAA'"));
        Assert.Equal(stored.PassageId, Assert.Single(result.Revised).Passage);
        Assert.Equal("skipped", (await GetAsync<ReviewView>($"/api/review/{doubtful.Id}")).State);
        Assert.DoesNotContain((await GetAsync<Page<ReviewView>>("/api/review?limit=500")).Items, c => c.SightingId == first.Id);
        Assert.Equal(2L, await core.Postgres.ScalarAsync<long>("select count(*) from archive_waiting where sighting_id = $1", first.Id));
    }

    [Fact]
    public async Task A_revision_that_was_applied_is_no_duplicate()
    {
        var first = Sighting("RV9AAA", Noon, "london-a1");
        await IngestAsync(first);

        Assert.Equal(0, (await IngestAsync(first with { Revision = 1, SpeedKmh = 30 })).Duplicates);
        Assert.Equal(1, (await IngestAsync(first with { Revision = 2, Plate = "RV9AAB" }, first)).Duplicates);
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select duplicates from station_totals where station_id = 'london-a1'"));
    }

    [Fact]
    public async Task A_replayed_dead_letter_that_is_a_revision_is_replayed_when_the_revision_is_applied()
    {
        var first = Sighting("RV10AAA", Noon, "london-a202");
        await IngestAsync(first);
        var revision = first with { Revision = 1, Plate = "RV10AAB" };
        await DeadAsync(revision);
        var letter = await core.Postgres.ScalarAsync<Guid>("update dead_letters set state = 'replaying' where sighting_id = $1 returning id", first.Id);
        var record = Record(revision);
        var replay = new SightingRecord(revision, record.Position, default) { ReplayOf = letter };

        // Another core's batch keeps the revision from being applied: until then the letter is not settled.
        await using var other = await core.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Token);
        await using var batch = await CorrectionGate.BeginBatchAsync(other, [], Token);
        var ingest = core.Services.GetRequiredService<SightingIngest>().ApplyAsync([replay], [], Token);
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from pg_locks where locktype = 'advisory' and not granted and classid = 2 and database = (select oid from pg_database where datname = current_database())") == 1, "the revision waits");
        Assert.Equal("replaying", await core.Postgres.ScalarAsync<string>("select state from dead_letters where id = $1", letter));
        await batch.RollbackAsync(Token);
        await ingest;

        Assert.Equal("replayed: it took the place of the revision before", await core.Postgres.ScalarAsync<string>("select state || ': ' || result from dead_letters where id = $1", letter));
        Assert.Equal("RV10AAB", (await GetAsync<SightingView>($"/api/sightings/{first.Id}")).Plate);
    }

    [Fact]
    public async Task A_dead_letter_hides_no_later_revision_that_is_missing()
    {
        var from = EdgeSightings.StretchOf(Noon);
        var (dead, replayed) = (Sighting("RV11AAA", Noon, "london-a7"), Sighting("RV11AAB", Noon, "london-a7"));
        await DeadAsync(dead, replayed);
        await core.Postgres.ExecuteAsync("update dead_letters set state = 'replayed' where sighting_id = $1", replayed.Id);
        Guid[] ids = [dead.Id, replayed.Id];

        Assert.Equal([replayed.Id], await MissingAsync(new EdgeSightingsAsked(from, from.AddMinutes(5), ids)));
        Assert.Equal(ids, await MissingAsync(new EdgeSightingsAsked(from, from.AddMinutes(5), ids) { Revisions = [1, 1] }));

        await DeadAsync(dead with { Revision = 1 });
        Assert.Equal([replayed.Id], await MissingAsync(new EdgeSightingsAsked(from, from.AddMinutes(5), ids) { Revisions = [1, 1] }));
    }

    [Fact]
    public async Task A_wanted_vehicle_that_later_frames_show_raises_the_alert()
    {
        using var entry = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "RV6AAAB", reason = "A test.", priority = 1, validFrom = Noon.AddDays(-1) }, Token);
        Assert.True(entry.IsSuccessStatusCode, await entry.Content.ReadAsStringAsync(Token));
        var alerts = 0;
        await CoreHost.UntilAsync(
            async () =>
            {
                var first = Sighting("RV6AAA", Noon.AddMinutes(10 * alerts), "london-a40");
                await IngestAsync(first);
                var revised = await IngestAsync(first with { Revision = 1, Plate = "RV6AAAB" });
                alerts++;
                return revised.Alerts.SingleOrDefault()?.SightingId == first.Id;
            },
            "the hot-list's new entry takes effect");
    }

    [Fact]
    public async Task An_edge_is_told_which_revisions_are_not_there()
    {
        var from = EdgeSightings.StretchOf(Noon);
        var (one, two, lost) = (Sighting("RV7AAA", Noon, "london-a7"), Sighting("RV7AAB", Noon, "london-a7"), Sighting("RV7AAC", Noon, "london-a7"));
        await IngestAsync(one, two);
        await IngestAsync(one with { Revision = 2, Plate = "RV7AAAA" });

        var counts = await core.Http.GetFromJsonAsync($"/api/edge/sightings?station=london-a7&from={from:yyyy-MM-ddTHH:mm:ssZ}&to={from.AddMinutes(5):yyyy-MM-ddTHH:mm:ssZ}", ContractsJson.Default.EdgeSightings, Token);
        Assert.Equal(4, Assert.Single(counts!.Stretches).Count);
        Assert.Equal([two.Id, lost.Id], await MissingAsync(new EdgeSightingsAsked(from, from.AddMinutes(5), [one.Id, two.Id, lost.Id]) { Revisions = [2, 1, 0] }));
        Assert.Equal([lost.Id], await MissingAsync(new EdgeSightingsAsked(from, from.AddMinutes(5), [one.Id, two.Id, lost.Id])));
    }

    private async Task<IEnumerable<Guid>> MissingAsync(EdgeSightingsAsked asked)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/edge/sightings/missing?station=london-a7", asked, ContractsJson.Default.EdgeSightingsAsked, Token);
        var missing = (await answer.Content.ReadFromJsonAsync(ContractsJson.Default.EdgeSightingsMissing, Token))!.Ids;
        return asked.Ids.Where(missing.Contains);
    }

    private Task DeadAsync(params Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(
        [], [.. sightings.Select(s => new DeadLetter(Record(s).Position, null, JsonSerializer.SerializeToUtf8Bytes(s, ContractsJson.Default.Sighting), null, Noon, "A test."))], Token);

    private async Task RegisterAsync(params string[] vehicles)
    {
        using var content = new StringContent("plate,class,fuel,euro,firstRegistered\n" + string.Join('\n', vehicles));
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task<IngestResult> IngestAsync(params Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}

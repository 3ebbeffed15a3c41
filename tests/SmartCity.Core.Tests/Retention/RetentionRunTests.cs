using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Retention;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Tests.Retention;

public class RetentionRunTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IObjectStore Objects => core.Services.GetRequiredService<IObjectStore>();

    private RetentionWorker Worker => core.Services.GetRequiredService<RetentionWorker>();

    [Theory]
    [InlineData("open", true)]
    [InlineData("proposed", true)]
    [InlineData("skipped", true)]
    [InlineData("no-plate", false)]
    public async Task A_case_that_somebody_may_still_decide_keeps_its_sighting_and_its_picture(string state, bool stays)
    {
        var sighting = await SendAsync(Now.AddDays(-900), null);
        await CoreHost.UntilAsync(async () => await CountAsync("review_cases where sighting_id = $1", sighting.Id) == 1, "the case is there");
        await core.Postgres.ExecuteAsync("update review_cases set state = $2 where sighting_id = $1", sighting.Id, state);
        await ArchivedAsync();

        await Worker.RunAsync(Token);

        await using var picture = await Objects.OpenAsync(sighting.Evidence!, Token);
        Assert.Equal(stays, picture is not null);
        Assert.Equal(stays ? 1 : 0, await CountAsync("sightings where id = $1", sighting.Id));
        Assert.Equal(stays ? 1 : 0, await CountAsync("review_cases where sighting_id = $1 and evidence is not null", sighting.Id));
        Assert.Equal(stays ? 1 : 0, await CountAsync("review_cases where sighting_id = $1", sighting.Id));
    }

    [Fact]
    public async Task A_plate_goes_with_its_last_sighting_from_every_table_and_the_batches_are_small()
    {
        await core.Postgres.ExecuteAsync("insert into vehicles (plate, class, fuel, euro) values ('GONE1AA', 'car', 'petrol', 6), ('STAY1AA', 'car', 'petrol', 6)");
        var old = Now.AddDays(-800);
        var doubtful = await SendAsync(old, "GONE1AA", confidence: 0.5);
        for (var i = 1; i < 6; i++)
        {
            await SendAsync(old.AddMinutes(10 * i), i % 2 == 0 ? "STAY1AA" : "GONE1AA");
        }

        await SendAsync(Now.AddDays(-1), "STAY1AA");
        await core.SendAsync(Topics.Mirrored("london-a1", Topics.Sightings), "GONE1AA?"u8.ToArray());
        await core.SendAsync(Topics.Mirrored("london-a1", Topics.Sightings), "GONE1AA!"u8.ToArray());
        await CoreHost.UntilAsync(async () => await CountAsync("sightings where plate in ('GONE1AA', 'STAY1AA')") == 7 && await CountAsync("dead_letters") == 2, "all is stored");
        var waiting = (await core.Http.GetFromJsonAsync<Page<ReviewView>>("/api/review?kind=doubtful", Token))!.Items.Single(c => c.SightingId == doubtful.Id);
        using (var decided = await core.Http.PostAsJsonAsync($"/api/review/{waiting.Id}", new { state = "confirmed", by = "operator" }, Token))
        {
            decided.EnsureSuccessStatusCode();
        }

        await core.Postgres.ExecuteAsync("update dead_letters set recorded_at = $1, state = case when record_value = 'GONE1AA!' then 'discarded' else 'open' end", old);
        await ArchivedAsync();

        var removal = await core.Services.GetRequiredService<SightingRetention>().RunAsync(Now.AddDays(-730), 2, Token);

        Assert.Equal(6, removal.Removed);
        foreach (var table in new[] { "sightings", "passages", "seen_plates", "review_cases", "reviewed_reads" })
        {
            Assert.Equal(0, await CountAsync($"{table} where plate = 'GONE1AA'"));
        }

        // What is young, and what nobody has settled.
        Assert.Equal((1, 1, 1), (await CountAsync("sightings where plate = 'STAY1AA'"), await CountAsync("passages where plate = 'STAY1AA'"), await CountAsync("seen_plates where plate = 'STAY1AA'")));
        Assert.Equal(["GONE1AA?"], (await core.Postgres.ColumnAsync<byte[]>("select record_value from dead_letters")).Select(System.Text.Encoding.UTF8.GetString));
    }

    [Fact]
    public async Task A_passage_that_began_before_and_ended_after_stays()
    {
        var cut = new DateTimeOffset(Now.AddDays(-800).UtcDateTime.Date, TimeSpan.Zero);
        await SendAsync(cut.AddSeconds(-5), "OVER1AA");
        await SendAsync(cut.AddSeconds(5), "OVER1AA");
        await CoreHost.UntilAsync(async () => await CountAsync("sightings where plate = 'OVER1AA'") == 2, "both are stored");
        await core.Postgres.ExecuteAsync("update review_cases set state = 'settled' where plate = 'OVER1AA'");
        await ArchivedAsync();

        await core.Services.GetRequiredService<SightingRetention>().RunAsync(cut, 100, Token);

        Assert.Equal((1, 1), (await CountAsync("sightings where plate = 'OVER1AA'"), await CountAsync("passages where plate = 'OVER1AA' and sightings = 2")));
        await core.Services.GetRequiredService<SightingRetention>().RunAsync(cut.AddDays(1), 100, Token);
        Assert.Equal((0, 0), (await CountAsync("sightings where plate = 'OVER1AA'"), await CountAsync("passages where plate = 'OVER1AA'")));
    }

    [Fact]
    public async Task A_long_reader_keeps_the_empty_table_of_a_day_and_nothing_else_waits_for_it()
    {
        var sighting = await SendAsync(Now.AddDays(-850), "READ1AA");
        await CoreHost.UntilAsync(async () => await CountAsync("sightings where id = $1", sighting.Id) == 1, "it is stored");
        await core.Postgres.ExecuteAsync("update review_cases set state = 'settled' where plate = 'READ1AA'");
        await ArchivedAsync();
        var table = $"sightings_{sighting.CapturedAt:yyyyMMdd}";

        await using (var connection = await core.Postgres.DataSource.OpenConnectionAsync(Token))
        await using (var transaction = await connection.BeginTransactionAsync(Token))
        {
            await using var read = new Npgsql.NpgsqlCommand("select count(*) from sightings", connection, transaction);
            await read.ExecuteScalarAsync(Token);
            await Worker.RunAsync(Token);

            Assert.Equal(0, await CountAsync("sightings where id = $1", sighting.Id));
            Assert.Equal(1, await CountAsync("pg_class where relname = $1", table));
            Assert.Null((await RunsAsync())["sightings"].Error);
        }

        // Postgres itself may hold it for a moment, to tidy it up.
        await CoreHost.UntilAsync(
            async () =>
            {
                await Worker.RunAsync(Token);
                return await CountAsync("pg_class where relname = $1", table) == 0;
            },
            "the table is gone");
    }

    [Fact]
    public async Task A_kind_that_fails_says_so_and_the_others_have_their_turn()
    {
        var sighting = await SendAsync(Now.AddDays(-950), "FAIL1AA");
        await CoreHost.UntilAsync(async () => await CountAsync("sightings where id = $1", sighting.Id) == 1, "it is stored");
        await core.Postgres.ExecuteAsync("update review_cases set state = 'settled' where plate = 'FAIL1AA'");
        await ArchivedAsync();
        await core.Postgres.ExecuteAsync("alter table station_totals rename column station_id to away; create table head_away as select * from audit_head; delete from audit_head");
        try
        {
            await Worker.RunAsync(Token);
        }
        finally
        {
            await core.Postgres.ExecuteAsync("alter table station_totals rename column away to station_id; insert into audit_head select * from head_away; drop table head_away");
        }

        Assert.Equal(0, await CountAsync("sightings where id = $1", sighting.Id));
        var runs = await RunsAsync();
        Assert.Contains("station_id", runs["evidence"].Error, StringComparison.Ordinal);
        Assert.Contains("head is missing", runs["audit"].Error, StringComparison.Ordinal);
        Assert.Null(runs["sightings"].Error);
        Assert.Null(runs["archive"].Error);

        await Worker.RunAsync(Token);

        Assert.All((await RunsAsync()).Values, r => Assert.Null(r.Error));
    }

    [Fact]
    public void It_can_be_asked_for_by_any_number_of_people_at_once()
    {
        var worker = ActivatorUtilities.CreateInstance<RetentionWorker>(core.Services);

        Parallel.For(0, 10_000, _ => worker.Ask());
    }

    private async Task<Dictionary<string, RetentionRun>> RunsAsync() => (await core.Http.GetFromJsonAsync<RetentionView[]>("/api/retention", Token))!.ToDictionary(r => r.Kind, r => r.LastRun!);

    // As if the archive had everything.
    private Task ArchivedAsync() => core.Postgres.ExecuteAsync("delete from archive_queue; delete from archive_batches");

    private async Task<Sighting> SendAsync(DateTimeOffset at, string? plate, double confidence = 0.97)
    {
        var id = Guid.CreateVersion7(at);
        var sighting = TestSightings.Sighting(plate, at, id: id, confidence: confidence) with { Evidence = Sighting.EvidenceKey("london-a1", at, id) };
        await Objects.PutAsync(sighting.Evidence, new byte[100], "image/jpeg", Token);
        await core.SendAsync(sighting);
        return sighting;
    }

    private Task<long> CountAsync(string from, params object[] parameters) => core.Postgres.ScalarAsync<long>($"select count(*) from {from}", parameters);
}

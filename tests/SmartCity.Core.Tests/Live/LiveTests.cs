using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Text.Json;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Live;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Sightings;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Live;

public class LiveTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_day_s_flow_counts_each_sighting_once_in_its_step_of_the_London_day()
    {
        // Midnight in London is 23:00 UTC in summer: the first belongs to the day before.
        var midnight = new DateTimeOffset(2026, 7, 5, 23, 0, 0, TimeSpan.Zero);
        Sighting[] day = [Sighting("FLOW1", midnight.AddMilliseconds(-1), "flow-1"), Sighting("FLOW2", midnight, "flow-1"), Sighting("FLOW3", midnight.AddMinutes(14), "flow-1"), Sighting("FLOW4", midnight.AddHours(13), "flow-2")];
        await IngestAsync(day);
        await IngestAsync(day);

        var flow = await GetAsync<FlowView>("/api/flow?day=2026-07-06&minutes=15");

        Assert.Equal(96, flow.Steps);
        Assert.Equal(midnight, flow.From);
        Assert.Equal(2, flow.Totals[0]);
        Assert.Equal([(0, 2L)], Passed(flow, "flow-1"));
        Assert.Equal([(52, 1L)], Passed(flow, "flow-2"));
        Assert.Equal([(287, 1L)], Passed(await GetAsync<FlowView>("/api/flow?day=2026-07-05&minutes=5"), "flow-1"));
    }

    [Theory]
    [InlineData("2026-10-25", 25)]
    [InlineData("2026-03-29", 23)]
    public async Task A_day_on_which_the_clocks_change_has_its_own_number_of_steps(string day, int hours) =>
        Assert.Equal(hours, (await GetAsync<FlowView>($"/api/flow?day={day}&minutes=60")).Steps);

    [Theory]
    [InlineData("minutes=7")]
    [InlineData("minutes=0")]
    [InlineData("day=yesterday")]
    [InlineData("day=1066-10-14")]
    public async Task A_flow_that_cannot_be_given_is_refused(string query)
    {
        using var response = await core.Http.GetAsync(new Uri("/api/flow?" + query, UriKind.Relative), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
    }

    [Fact]
    public async Task The_summary_has_every_station_and_what_passed_today()
    {
        var now = TimeProvider.System.GetUtcNow();
        await IngestAsync([Sighting("SUMM1", now, "london-a40"), Sighting("SUMM2", now, "london-a40")]);

        StationNow? station = null;
        await CoreHost.UntilAsync(
            async () =>
            {
                var summary = await GetAsync<LiveSummary>("/api/live/summary");
                station = summary.Stations.SingleOrDefault(s => s.StationId == "london-a40");
                return station is { Today: >= 2 } && summary.Sightings >= 2;
            },
            "two sightings of today");
        Assert.Equal("unknown", station!.State);
        Assert.NotNull(station.Newest);
    }

    [Fact]
    public async Task A_passage_has_the_sightings_that_were_merged_into_it()
    {
        var at = new DateTimeOffset(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);
        await IngestAsync([Sighting("PASS1", at, "pass-1"), Sighting("PASS1", at.AddSeconds(2), "pass-1"), Sighting("PASS2", at.AddSeconds(1), "pass-1")]);
        var first = (await GetAsync<Page<SightingView>>("/api/sightings?station=pass-1")).Items.Single(s => s.CapturedAt == at);

        var passage = await GetAsync<PassageDetail>($"/api/passages/{first.PassageId}");

        Assert.Equal("PASS1", passage.Passage.Plate);
        Assert.Equal([at, at.AddSeconds(2)], passage.Sightings.Select(s => s.CapturedAt));
        using var missing = await core.Http.GetAsync(new Uri($"/api/passages/{Guid.NewGuid()}", UriKind.Relative), Token);
        Assert.Equal(HttpStatusCode.NotFound, missing.StatusCode);
    }

    [Fact]
    public async Task Sightings_are_narrowed_by_class_and_zone()
    {
        using var registry = new StringContent("plate,class,fuel,euro\nCLASS1,hgv,diesel,6\nCLASS2,car,petrol,6\n");
        using var imported = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), registry, Token);
        var at = new DateTimeOffset(2026, 11, 18, 12, 0, 0, TimeSpan.Zero);
        await IngestAsync([Sighting("CLASS1", at, "london-a3"), Sighting("CLASS2", at, "london-a3"), Sighting("CLASS1", at, "london-a1")]);
        const string day = "from=2026-11-18T00:00:00Z&to=2026-11-19T00:00:00Z";

        Assert.Equal(["london-a1", "london-a3"], (await GetAsync<Page<SightingView>>($"/api/sightings?class=hgv&{day}")).Items.Select(s => s.StationId).Order());
        Assert.Equal("CLASS1", Assert.Single((await GetAsync<Page<SightingView>>($"/api/sightings?class=hgv&zone=congestion&{day}")).Items).Plate);
    }

    [Fact]
    public async Task The_stream_says_keepers_names_to_nobody_because_nobody_gives_a_reason()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        await using var everything = await OpenAsync(core.Http);
        await using var masked = await OpenAsync(viewer.Http);
        var sighting = new SightingView { Id = Guid.NewGuid(), CapturedAt = TimeProvider.System.GetUtcNow(), StationId = "s", CameraId = "c", Plate = "KEEP1", Vehicle = new VehicleView { Plate = "KEEP1", Keeper = "Ada Example" } };

        core.Services.GetRequiredService<LiveFeed>().Publish(new LiveEvent { Sighting = sighting });

        Assert.Equal("A. E.", await KeeperAsync(everything));
        Assert.Equal("A. E.", await KeeperAsync(masked));
    }

    [Fact]
    public async Task Alerts_and_charges_are_told_to_those_with_their_scopes_and_sightings_to_all()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        using var analyst = await Caller.OfRoleAsync(core, Role.Analyst);
        await using var everything = await OpenAsync(core.Http);
        await using var sightings = await OpenAsync(viewer.Http);
        await using var charges = await OpenAsync(analyst.Http);
        var feed = core.Services.GetRequiredService<LiveFeed>();
        var charge = new ChargeView { Id = Guid.NewGuid(), Plate = "SCOPE1", Scheme = "ulez", Day = new DateOnly(2026, 11, 19), Amount = 12.50m, Currency = "GBP", Kind = "charge", Rule = "r", Why = "w", TariffVersion = "t" };

        feed.Publish(new LiveEvent { Alert = new AlertView { Id = Guid.NewGuid(), EntryId = Guid.NewGuid(), PassageId = Guid.NewGuid(), SightingId = Guid.NewGuid(), Plate = "SCOPE1", Pattern = "SCOPE1", Reason = "Stolen", Priority = 1, StationId = "s", CapturedAt = Now(), RaisedAt = Now(), State = "open" } });
        feed.Publish(new LiveEvent { Charge = charge });
        feed.Publish(new LiveEvent { Sighting = new SightingView { Id = Guid.NewGuid(), CapturedAt = Now(), StationId = "s", CameraId = "c", Plate = "SCOPE1", Charges = [charge] } });
        feed.Publish(new LiveEvent { Sighting = new SightingView { Id = Guid.NewGuid(), CapturedAt = Now(), StationId = "s", CameraId = "c", Plate = "SCOPE2" } });

        Assert.Equal(["alert", "charge", "sighting 1", "sighting 0"], await ToldAsync(everything));
        Assert.Equal(["sighting 0", "sighting 0"], await ToldAsync(sightings));
        Assert.Equal(["charge", "sighting 1", "sighting 0"], await ToldAsync(charges));

        async Task<List<string>> ToldAsync(Stream stream) => (await UntilAsync(stream, e => e.Sighting?.Plate == "SCOPE2"))
            .Where(e => (e.Sighting?.Plate ?? e.Alert?.Plate ?? e.Charge?.Plate)?.StartsWith("SCOPE", StringComparison.Ordinal) == true)
            .Select(e => e.Alert is not null ? "alert" : e.Charge is not null ? "charge" : $"sighting {e.Sighting!.Charges.Count}").ToList();
    }

    [Fact]
    public async Task What_a_sighting_led_to_is_shown_to_those_who_may_see_charges()
    {
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        using var operating = await Caller.OfRoleAsync(core, Role.Operator);
        using var registry = new StringContent("plate,class,fuel,euro\nSCOPE3A,car,diesel,4\n");
        using var imported = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), registry, Token);
        var sighting = Sighting("SCOPE3A", Charged(TimeProvider.System.GetUtcNow()), "london-a4");
        await IngestAsync([sighting]);
        await core.Postgres.ExecuteAsync("update sightings set stored_at = now(), captured_at = captured_at where id = $1", sighting.Id);
        var stored = (await operating.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{sighting.Id}", Token))!;

        Assert.NotEmpty(stored.Charges);
        Assert.Empty((await viewer.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{sighting.Id}", Token))!.Charges);
        Assert.All((await viewer.Http.GetFromJsonAsync<PassageDetail>($"/api/passages/{stored.PassageId}", Token))!.Sightings, s => Assert.Empty(s.Charges));
        Assert.All((await viewer.Http.GetFromJsonAsync<Page<SightingView>>("/api/sightings?limit=500", Token))!.Items, s => Assert.Empty(s.Charges));
    }

    [Fact]
    public async Task Whoever_watches_hears_every_15_s_that_the_core_is_there()
    {
        var time = new FakeTimeProvider();
        await using var events = new LiveFeed(Options.Create(new JsonOptions()), time).SubscribeAsync(CancellationToken.None, Token).GetAsyncEnumerator(Token);
        Assert.True(await events.MoveNextAsync());
        Assert.Null(events.Current);

        var next = events.MoveNextAsync();
        Assert.False(next.IsCompleted);
        time.Advance(TimeSpan.FromSeconds(15));

        Assert.True(await next);
        Assert.Null(events.Current);
    }

    [Fact]
    public async Task What_was_committed_without_this_core_hearing_of_it_is_told_once()
    {
        var now = Charged(TimeProvider.System.GetUtcNow());
        using var registry = new StringContent("plate,class,fuel,euro\nLOST01A,car,diesel,4\n");
        using var imported = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), registry, Token);
        using var listed = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "LOST01A", reason = "Stolen", priority = 1 }, Token);
        await using var stream = await OpenAsync(core.Http);

        // As another core does it, or this one when the answer of the commit is lost: no consumer hears of it.
        await IngestAsync([Sighting("LOST01A", now, "london-a1")]);
        await core.SendAsync(Sighting("LOST01B", now, "london-a1"));
        var told = await UntilAsync(stream, e => e.Sighting?.Plate == "LOST01B", e => e.Charge?.Plate == "LOST01A", e => e.Alert?.Plate == "LOST01A");

        Assert.Equal(1, told.Count(e => e.Alert?.Plate == "LOST01A"));
        Assert.Equal(1, told.Count(e => e.Charge?.Plate == "LOST01A"));
    }

    [Fact]
    public async Task An_alert_that_comes_with_many_charges_is_told_to_whoever_is_slow_too()
    {
        await using var slow = core.Services.GetRequiredService<LiveFeed>().SubscribeAsync(CancellationToken.None, Token).GetAsyncEnumerator(Token);
        Assert.True(await slow.MoveNextAsync());
        await using var stream = await OpenAsync(core.Http);

        await core.Postgres.ExecuteAsync(
            """
            insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
                select gen_random_uuid(), 'charge', 'MANY' || n, 'ulez', '2025-10-01', 12.5, 'r', 'w', 't', gen_random_uuid(), 'london-a4', now() + n * interval '1 microsecond' from generate_series(1, 400) n;
            insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state)
                values (gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'MANY0', 'MANY0', 'r', 1, 'london-a4', now(), now(), 'open')
            """);
        await UntilAsync(stream, e => e.Alert?.Plate == "MANY0", e => e.Charge?.Plate == "MANY400");

        var told = new List<LiveEvent?>();
        while (!told.Exists(e => e?.Alert?.Plate == "MANY0"))
        {
            Assert.True(await slow.MoveNextAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(90), Token));
            told.Add(slow.Current?.Event);
        }
    }

    [Fact]
    public async Task A_batch_whose_commit_was_answered_by_nobody_is_told_when_it_is_applied_again()
    {
        var sighting = Sighting("LOST02A", Now(), "london-a1");
        await using var stream = await OpenAsync(core.Http);
        await IngestAsync([sighting]);

        await core.SendAsync(sighting);

        var told = await UntilAsync(stream, e => e.Sighting?.Plate == "LOST02A");
        Assert.NotNull(told[^1].Sighting!.PassageId);
    }

    [Fact]
    public async Task What_another_core_has_stored_is_told_once()
    {
        var at = Now();
        await CoreHost.UntilAsync(() => Task.FromResult(core.Services.GetRequiredService<LiveFeed>().IsResting), "nobody watches");
        await new TestIngest(core.Postgres.DataSource).ApplyAsync(Records(Sighting("OTHER00", at, "london-a1")));
        await using var stream = await OpenAsync(core.Http);
        var (first, own) = (Sighting("OTHER01", at, "london-a1"), Sighting("OTHER02", at, "london-a1"));

        var other = new TestIngest(core.Postgres.DataSource);
        await other.ApplyAsync(Records(first, Sighting(null, at, "london-a1")));
        await core.SendAsync(own);
        await other.ApplyAsync(Records(first with { Revision = 1, Plate = "OTHER03" }));
        await other.ApplyAsync(Records(first, Sighting("OTHER04", at, "london-a1")));

        var told = (await UntilAsync(stream, e => e.Sighting?.Plate == "OTHER02", e => e.Sighting?.Plate == "OTHER04")).ConvertAll(e => e.Sighting!);
        Assert.Equal((1, 1), (told.Count(s => s.Plate == "OTHER02"), told.Count(s => s.Plate == "OTHER04")));
        Assert.Contains(told, s => s is { Plate: "OTHER03", Revision: 1 });
        Assert.DoesNotContain(told, s => s.Plate == "OTHER00");
        Assert.All(told.Where(s => s.Plate is not null), s => Assert.NotNull(s.PassageId));
    }

    [Fact]
    public async Task Nothing_is_asked_of_the_database_while_nobody_watches_and_whoever_comes_misses_nothing()
    {
        var feed = core.Services.GetRequiredService<LiveFeed>();
        await CoreHost.UntilAsync(() => Task.FromResult(feed.IsResting), "nobody watches");

        await using var stream = await OpenAsync(core.Http);
        await new TestIngest(core.Postgres.DataSource).ApplyAsync(Records(Sighting("OTHER05", Now(), "london-a1")));

        Assert.Single(await UntilAsync(stream, e => e.Sighting?.Plate == "OTHER05"), e => e.Sighting?.Plate == "OTHER05");
    }

    [Fact]
    public async Task What_was_stored_long_ago_and_comes_again_is_not_told()
    {
        var (old, after) = (Sighting("LOST03A", Now(), "london-a1"), Sighting("LOST03B", Now(), "london-a1"));
        await IngestAsync([old]);
        await core.Postgres.ExecuteAsync("update sightings set stored_at = stored_at - interval '1 hour' where id = $1", old.Id);
        await using var stream = await OpenAsync(core.Http);

        await core.SendAsync(old);
        await core.SendAsync(after);

        Assert.DoesNotContain(await UntilAsync(stream, e => e.Sighting?.Plate == "LOST03B"), e => e.Sighting?.Plate == "LOST03A");
    }

    // As a record has it, to the millisecond.
    private static DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());

    // What is told until each of these was.
    private static async Task<List<LiveEvent>> UntilAsync(Stream stream, params Predicate<LiveEvent>[] wanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Token);
        limit.CancelAfter(TimeSpan.FromSeconds(90));
        var told = new List<LiveEvent>();
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(limit.Token))
        {
            if (item.EventType is "sighting" or "alert" or "charge")
            {
                told.Add(JsonSerializer.Deserialize<LiveEvent>(item.Data, JsonSerializerOptions.Web)!);
            }

            if (Array.TrueForAll(wanted, told.Exists))
            {
                break;
            }
        }

        return told;
    }

    private static async Task<Stream> OpenAsync(HttpClient http)
    {
        var stream = await http.GetStreamAsync(new Uri("/api/live", UriKind.Relative), Token);
        var open = new byte[64];
        Assert.True(await stream.ReadAsync(open, Token) > 0);
        return stream;
    }

    private static async Task<string?> KeeperAsync(Stream stream)
    {
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(Token))
        {
            if (item.EventType == "sighting" && JsonSerializer.Deserialize<LiveEvent>(item.Data, JsonSerializerOptions.Web) is { Sighting: { Plate: "KEEP1" } sighting })
            {
                return sighting.Vehicle?.Keeper;
            }
        }

        return null;
    }

    private static IEnumerable<(int Step, long Count)> Passed(FlowView flow, string station) =>
        flow.Stations.Single(s => s.StationId == station).Counts.Index().Where(c => c.Item > 0).Select(c => (c.Index, c.Item));

    private Task<IngestResult> IngestAsync(Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, JsonSerializerOptions.Web, Token))!;
}

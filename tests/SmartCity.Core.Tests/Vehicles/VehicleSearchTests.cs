using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Tests.Vehicles;

public sealed class VehicleSearchTests(CoreHost core) : IClassFixture<CoreHost>, IAsyncLifetime
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 20, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        if (await core.Postgres.ScalarAsync<long>("select count(*) from passages") > 0)
        {
            return;
        }

        await core.Postgres.ExecuteAsync(
            """
            insert into vehicles (plate, make, model, colour, class, fuel, keeper) values
                ('SE11AAA', 'Audi', 'A3', 'blue', 'car', 'petrol', 'Ada Lovelace'), ('SE12AAB', 'Audi', 'A4', 'red', 'car', 'diesel', 'Alan Turing'),
                ('SE13BBB', 'BMW', '320', 'blue', 'car', 'petrol', 'Grace Hopper'), ('VA44VAN', 'Ford', 'Transit', 'white', 'van', 'diesel', 'Tim Berners-Lee')
            """);
        await PassAsync("SE11AAA", "london-a1", 0);
        await PassAsync("SE11AAA", "london-a3", 30);
        await PassAsync("SE11AAA", "london-a4", 90);
        await PassAsync("SE12AAB", "london-a1", 10);
        await PassAsync("SE13BBB", "london-a1", 20);
        await PassAsync("VA44VAN", "london-a3", 40);
        await PassAsync("XX99UNR", "london-a4", 50);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    public static TheoryData<VehicleSearch, string> Searches => new()
    {
        { new() { Plate = "se11 aaa" }, "SE11AAA SE11AAA SE11AAA" },
        { new() { Plate = "SE1?AA*" }, "SE11AAA SE11AAA SE12AAB SE11AAA" },
        { new() { Plate = "SE*" }, "SE11AAA SE11AAA SE13BBB SE12AAB SE11AAA" },
        { new() { Plate = "*BB" }, "SE13BBB" },
        { new() { Plate = "*9U*" }, "XX99UNR" },
        { new() { Plate = "?E1*B" }, "SE13BBB SE12AAB" },
        { new() { Plate = "NO*" }, "" },
        { new() { Make = "AUDI" }, "SE11AAA SE11AAA SE12AAB SE11AAA" },
        { new() { Colour = "Blue" }, "SE11AAA SE11AAA SE13BBB SE11AAA" },
        { new() { Make = "audi", Colour = "red" }, "SE12AAB" },
        { new() { Class = "van" }, "VA44VAN" },
        { new() { Class = "hgv" }, "" },
        { new() { Plate = "SE11AAA", Make = "BMW" }, "" },
        { new() { Plate = "SE11AAA", Make = "Audi", Stations = ["london-a3"] }, "SE11AAA" },
        { new() { Stations = ["london-a4"] }, "SE11AAA XX99UNR" },
        { new() { Stations = ["london-a3", "london-a4"] }, "SE11AAA XX99UNR VA44VAN SE11AAA" },
        { new() { From = Noon.AddMinutes(45) }, "SE11AAA XX99UNR" },
        { new() { Make = "Audi", From = Noon, To = Noon.AddMinutes(15) }, "SE12AAB SE11AAA" },
        { new() { Plate = "", Make = " ", Class = "van" }, "VA44VAN" },
    };

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task A_search_finds_what_fits_newest_first(VehicleSearch search, string plates)
    {
        var page = await SearchAsync(search);

        Assert.Equal(plates, string.Join(' ', page.Items.Select(h => h.Passage.Plate)));
        Assert.Equal(page.Items.OrderByDescending(h => h.Passage.FirstAt), page.Items);
        Assert.All(page.Items, h => Assert.Equal(h.Passage.Plate == "XX99UNR", h.Vehicle is null));
    }

    [Theory]
    [MemberData(nameof(Searches))]
    public async Task Page_after_page_gives_the_same(VehicleSearch search, string plates)
    {
        var found = new List<string>();
        string? next = null;
        do
        {
            var page = await SearchAsync(search, $"?limit=2{(next is null ? "" : "&after=" + next)}");
            found.AddRange(page.Items.Select(h => h.Passage.Plate));
            next = page.Next;
        }
        while (next is not null);

        Assert.Equal(plates, string.Join(' ', found));
    }

    [Theory]
    [InlineData("{}", "something to look for")]
    [InlineData("{\"plate\":\"*\"}", "plate must have")]
    [InlineData("{\"plate\":\"AB-12;--\"}", "plate must have")]
    [InlineData("{\"class\":\"rocket\"}", "class must be one of")]
    [InlineData("{\"from\":\"2026-11-20T12:00:00Z\",\"to\":\"2026-11-20T12:00:00Z\"}", "from must be before to")]
    public async Task A_search_that_asks_nothing_sensible_is_told_so(string body, string told)
    {
        using var response = await core.Http.PostAsync("/api/vehicles/search", new StringContent(body, System.Text.Encoding.UTF8, "application/json"), Token);

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.Contains(told, await response.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_search_without_a_reason_finds_nothing_and_one_with_it_is_audited_with_what_was_asked()
    {
        using var investigator = await Caller.OfRoleAsync(core, Role.Investigator);
        using var silent = await investigator.Http.PostAsJsonAsync("/api/vehicles/search", new VehicleSearch { Plate = "SE11AAA" }, Token);
        Assert.Equal(HttpStatusCode.BadRequest, silent.StatusCode);

        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "stolen%20bicycle");
        var hit = (await Caller.ReadAsync<Page<PassageHit>>(await investigator.Http.PostAsJsonAsync("/api/vehicles/search", new VehicleSearch { Plate = "SE11AAA" }, Token))).Items[0];

        Assert.Equal("Ada Lovelace", hit.Vehicle!.Keeper);
        var name = (await investigator.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        var line = Assert.Single((await core.Http.GetFromJsonAsync<Page<AuditLine>>($"/api/audit?actor={name}&action=vehicles.search", Token))!.Items);
        Assert.Equal("stolen bicycle", line.Reason);
        Assert.Contains("SE11AAA", line.Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_journey_has_its_stops_in_order_with_distance_and_speed()
    {
        var journey = (await core.Http.GetFromJsonAsync<JourneyView>("/api/vehicles/se11aaa/journey?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z", Token))!;

        Assert.Equal(["london-a1", "london-a3", "london-a4"], journey.Stops.Select(s => s.Passage.StationId));
        Assert.Null(journey.Stops[0].Leg);
        var leg = journey.Stops[1].Leg!;
        Assert.Equal(TimeSpan.FromSeconds(29 * 60 + 58), leg.Duration);
        Assert.Equal(leg.Kilometres / leg.Duration.TotalHours, leg.KilometresAnHour!.Value, 0.2);
        Assert.Equal("SE11AAA", journey.Plate);
        Assert.False(journey.Truncated);
        var csv = await core.Http.GetStringAsync("/api/vehicles/SE11AAA/journey/export?from=2026-11-20T00:00:00Z&to=2026-11-21T00:00:00Z", Token);
        Assert.Equal(4, csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public async Task The_export_holds_every_row()
    {
        var csv = await core.Http.GetStringAsync("/api/vehicles/search/export?make=Audi&stations=london-a1&stations=london-a3", Token);

        var lines = csv.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.StartsWith("passage,plate,station", lines[0], StringComparison.Ordinal);
        Assert.Equal(4, lines.Length);
    }

    [Theory]
    [InlineData(51.5007, -0.1246, 51.5055, -0.0754, 3.45)] // Westminster Bridge to Tower Bridge
    [InlineData(51.5, -0.1, 51.5, -0.1, 0)]
    public void The_distance_is_that_of_the_great_circle(double latitude, double longitude, double toLatitude, double toLongitude, double kilometres) =>
        Assert.Equal(kilometres, Journey.Kilometres(("", latitude, longitude), ("", toLatitude, toLongitude)), 0.05);

    [Theory]
    [InlineData(10, 100_000, 10_000_000, true)] // ten plates of many: each is followed
    [InlineData(4_000, 100_000, 10_000_000, false)] // 4 % of all: among the newest there are enough
    [InlineData(4_000, 2_000_000, 4_000_000, true)] // rare among very many
    public void The_way_with_less_work_is_taken(long plates, double seen, double passages, bool fewer) => Assert.Equal(fewer, PassageSearch.IsFewer(plates, 51, seen, passages));

    private async Task<Page<PassageHit>> SearchAsync(VehicleSearch search, string query = "") =>
        await Caller.ReadAsync<Page<PassageHit>>(await core.Http.PostAsJsonAsync("/api/vehicles/search" + query, search, Token));

    private async Task PassAsync(string plate, string station, int minutes)
    {
        await core.Postgres.ExecuteAsync(
            """
            insert into passages (id, plate, station_id, camera_id, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
            values (gen_random_uuid(), $1, $2, 'c', $3, $3 + interval '2 s', 1, gen_random_uuid(), $3, 1)
            """, plate, station, Noon.AddMinutes(minutes));
        await core.Postgres.ExecuteAsync("insert into seen_plates values ($1) on conflict do nothing", plate);
    }
}

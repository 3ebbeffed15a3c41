using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Doubts;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Vehicles;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Doubts;

/// <summary>Sure readings that something else speaks against are charged only when a person has decided.</summary>
public sealed class DoubtTests(CoreHost core) : IClassFixture<CoreHost>
{
    // 7.4 km apart.
    private const string West = "london-a40";
    private const string East = "london-a11";

    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("CL01AAA", "one by one")]
    [InlineData("CL02AAA", "backwards")]
    [InlineData("CL03AAA", "at once")]
    public async Task A_plate_at_two_places_at_once_goes_to_a_person_before_it_is_charged_however_it_arrives(string plate, string order)
    {
        await RegisterAsync(plate);
        var at = Noon.AddMinutes(10 * (plate[3] - '0'));
        var (west, east) = (Sighting(plate, at, West), Sighting(plate, at.AddMinutes(1), East));

        await (order switch { "at once" => IngestAsync(west, east), "backwards" => EachAsync(east, west), _ => EachAsync(west, east) });

        Assert.Equal(0m, await StandsAsync(plate));
        var cases = await CasesAsync("two-places", plate);
        Assert.Equal([(West, East), (East, West)], cases.OrderBy(c => c.CapturedAt).Select(c => (c.StationId, c.Other!.StationId)));
        Assert.All(cases, c => Assert.Equal((plate, c.SightingId == west.Id ? (east.Id, east.Evidence) : (west.Id, west.Evidence)), (c.Other!.Plate, (c.Other.Id, c.Other.Evidence))));
        Assert.Equal(cases.Select(c => c.Id).Order(), (await TwoPlacesAsync(plate, at)).Select(c => c.Id).Order());
        Assert.Contains("60 seconds after at Marylebone Flyover, 7.4 km away", cases.Single(c => c.StationId == East).Why, StringComparison.Ordinal);

        // One is the vehicle itself. The other was misread: what spoke against the first is gone with it.
        await DecideAsync(east.Id, new ReviewResolution("corrected", plate.Replace("AAA", "XYZ", StringComparison.Ordinal)));

        Assert.Equal(12.50m, await StandsAsync(plate));
        Assert.Empty(await CasesAsync("two-places", plate));
    }

    [Fact]
    public void Stations_far_apart_speak_against_one_another_for_as_long_as_the_way_takes()
    {
        // 500 km.
        var places = new Dictionary<string, StationPlace> { ["south"] = new("South", 51.5, 0), ["north"] = new("North", 56, 0) };
        var apart = TimeSpan.FromMinutes(130);

        Assert.True(TwoPlaces.IsImpossible(places["south"], places["north"], apart, new DoubtOptions()));
        Assert.True(TwoPlaces.Reach(places, new DoubtOptions()) >= apart);
    }

    [Fact]
    public async Task Both_of_a_pair_count_when_people_confirm_both_and_the_day_is_charged_once()
    {
        await RegisterAsync("CL04AAA");
        var (west, east) = (Sighting("CL04AAA", Noon.AddMinutes(40), West), Sighting("CL04AAA", Noon.AddMinutes(40).AddMinutes(1), East));
        await IngestAsync(west, east);

        await DecideAsync(west.Id, new ReviewResolution("confirmed"));
        Assert.Equal(12.50m, await StandsAsync("CL04AAA"));
        Assert.Single(await CasesAsync("two-places", "CL04AAA"));
        await DecideAsync(east.Id, new ReviewResolution("confirmed"));

        Assert.Equal(12.50m, await StandsAsync("CL04AAA"));
        Assert.Empty(await CasesAsync("two-places", "CL04AAA"));
        // Whoever looks for the vehicle learns that there are two.
        Assert.Equal(["confirmed", "confirmed"], (await TwoPlacesAsync("CL04AAA", Noon)).Select(c => c.State));
    }

    [Fact]
    public async Task Every_reading_of_the_place_is_held_not_only_the_one_that_is_shown()
    {
        await RegisterAsync("CL05AAA");
        await IngestAsync(Sighting("CL05AAA", Noon.AddMinutes(50), West), Sighting("CL05AAA", Noon.AddMinutes(50).AddSeconds(3), West, 0.99));

        await IngestAsync(Sighting("CL05AAA", Noon.AddMinutes(50).AddMinutes(1), East));

        Assert.Equal(0m, await StandsAsync("CL05AAA"));
        Assert.Equal(2, (await CasesAsync("two-places", "CL05AAA")).Count);
    }

    [Fact]
    public async Task A_vehicle_that_had_time_to_get_there_is_charged_at_once()
    {
        await RegisterAsync("CL06AAA");

        await EachAsync(Sighting("CL06AAA", Noon.AddMinutes(60), West), Sighting("CL06AAA", Noon.AddMinutes(60).AddMinutes(6), East));

        Assert.Equal(12.50m, await StandsAsync("CL06AAA"));
        Assert.Empty(await CasesAsync("two-places", "CL06AAA"));
    }

    [Theory]
    [InlineData("DV12ABC", "DY12ABC", true)]
    [InlineData("DV13ABC", "DV13ABD", false)]
    [InlineData("DV14ABC", "V14ABC", true)]
    public async Task One_vehicle_that_two_cameras_read_differently_makes_one_case_and_one_charge_at_most(string front, string rear, bool atOnce)
    {
        await RegisterAsync(front);
        await RegisterAsync(rear);
        var at = Noon.AddMinutes(10 * (front[3] - '0'));
        var before = Sighting(front, at, West, 0.98);
        var behind = Sighting(rear, at.AddSeconds(3), West, 0.95) with { CameraId = "a40-n2" };

        await (atOnce ? IngestAsync(before, behind) : EachAsync(before, behind));

        Assert.Equal((0m, 0m), (await StandsAsync(front), await StandsAsync(rear)));
        var one = Assert.Single((List<ReviewView>)[.. await CasesAsync("two-readings", front), .. await CasesAsync("two-readings", rear)]);
        Assert.Equal((behind.Id, front), (one.SightingId, one.Other!.Plate));

        await DecideAsync(behind.Id, new ReviewResolution("corrected", front));

        Assert.Equal((12.50m, 0m), (await StandsAsync(front), await StandsAsync(rear)));
        Assert.Empty(await CasesAsync("two-readings", front));
    }

    [Fact]
    public async Task Where_a_person_says_that_there_were_two_vehicles_the_other_one_is_looked_at_too()
    {
        await RegisterAsync("DV15ABC");
        await RegisterAsync("DY15ABC");
        var (front, rear) = (Sighting("DV15ABC", Noon.AddHours(1), West, 0.98), Sighting("DY15ABC", Noon.AddHours(1).AddSeconds(3), West, 0.95) with { CameraId = "a40-n2" });
        await EachAsync(front, rear);

        await DecideAsync(rear.Id, new ReviewResolution("confirmed"));

        Assert.Equal((0m, 12.50m), (await StandsAsync("DV15ABC"), await StandsAsync("DY15ABC")));
        Assert.Equal(front.Id, Assert.Single(await CasesAsync("two-readings", "DV15ABC")).SightingId);
        await DecideAsync(front.Id, new ReviewResolution("confirmed"));
        Assert.Equal(12.50m, await StandsAsync("DV15ABC"));
    }

    [Theory]
    [InlineData("LX12ABC", "LX12ABD", "a40-n1", 3)] // a fleet in a row, past one camera
    [InlineData("LX13ABC", "LY13ABX", "a40-n2", 3)] // nothing alike
    [InlineData("LV14ABC", "LY14ABC", "a40-n2", 20)] // too long after
    public async Task Vehicles_that_were_two_are_charged_both(string first, string second, string camera, int seconds)
    {
        await RegisterAsync(first);
        await RegisterAsync(second);

        var at = Noon.AddHours(2).AddMinutes(10 * (first[3] - '0'));
        await EachAsync(Sighting(first, at, West), Sighting(second, at.AddSeconds(seconds), West) with { CameraId = camera });

        Assert.Equal((12.50m, 12.50m), (await StandsAsync(first), await StandsAsync(second)));
    }

    [Fact]
    public async Task After_an_upheld_dispute_a_person_looks_at_the_vehicles_charges_for_four_weeks()
    {
        var noon = ChargingCity.London.StartOf(ChargingCity.London.Today(TimeProvider.System)).AddHours(12);
        await RegisterAsync("WA01AAA");
        await core.Postgres.ExecuteAsync("update vehicles set since = '2009-05-01' where plate = 'WA01AAA'");
        await IngestAsync(Sighting("WA01AAA", Charged(noon.AddDays(-50)), West));
        var charge = (await GetAsync<Page<ChargeView>>("/api/charges?plate=WA01AAA&scheme=ulez")).Items.Single();
        using var raiser = await Caller.OfRoleAsync(core, Role.Operator);
        var dispute = await Caller.ReadAsync<DisputeView>(await raiser.Http.PostAsJsonAsync($"/api/charges/{charge.Id}/disputes", new NewDispute("It was read wrongly"), Token));
        using (var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token))
        {
            await Caller.ReadAsync<DisputeView>(await person.Http.PostAsJsonAsync($"/api/charges/disputes/{dispute.Id}", new DisputeDecision("upheld", "It was."), Token));
        }

        // As if that had been forty days ago.
        await core.Postgres.ExecuteAsync("update watched_plates set from_day = from_day - 40, last_day = last_day - 40 where plate = 'WA01AAA'");
        var next = Sighting("WA01AAA", Charged(noon.AddDays(-38)), West);
        await EachAsync(next, Sighting("WA01AAA", next.CapturedAt.AddMinutes(1), West), Sighting("WA01AAA", Charged(noon.AddDays(-9)), West));

        var one = Assert.Single(await CasesAsync("watched", "WA01AAA"));
        Assert.Equal(next.Id, one.SightingId);
        Assert.Contains("It would be charged: ULEZ", one.Why, StringComparison.Ordinal);
        Assert.Equal(1, await StandingAsync("WA01AAA"));

        await DecideAsync(next.Id, new ReviewResolution("confirmed"));
        Assert.Equal(2, await StandingAsync("WA01AAA"));
    }

    [Fact]
    public async Task A_day_in_doubt_that_a_crash_left_is_worked_out_by_the_next_sweep()
    {
        await RegisterAsync("CL07AAA");
        await IngestAsync(Sighting("CL07AAA", Noon.AddMinutes(70), West));
        await RegisterAsync("CL07AAA", "car,diesel,6,2019-05-01");
        await core.Postgres.ExecuteAsync("insert into charge_days_in_doubt (plate, day) values ('CL07AAA', '2026-11-19')");

        await core.Services.GetServices<IHostedService>().OfType<RegistrySweep>().Single().SweepAsync(Token);

        Assert.Equal(0m, await StandsAsync("CL07AAA"));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from charge_days_in_doubt"));
    }

    [Fact]
    public async Task Days_that_cannot_be_worked_out_are_owed_on_and_hold_up_no_batch()
    {
        await RegisterAsync("CL09AAA");
        await IngestAsync(Sighting("CL09AAA", Noon, East));
        await core.Postgres.ExecuteAsync("alter table charge_entries add constraint no_owed check (plate <> 'CL09AAA' or kind = 'none') not valid");
        try
        {
            // A day that is worked out again takes back what was charged, which the table now refuses.
            await IngestAsync(Sighting("CL09AAA", Noon.AddMinutes(1), West));
            var ingest = core.Services.GetRequiredService<SightingIngest>();
            Assert.Contains("no_owed", ingest.OwedBecause, StringComparison.Ordinal);
            var other = Sighting("CL10AAA", Noon, East);
            Assert.Single((await ingest.ApplyAsync(Records(other), [], Token)).Stored);
            Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from dead_letters where reason like '%no_owed%'"));
        }
        finally
        {
            await core.Postgres.ExecuteAsync("alter table charge_entries drop constraint no_owed");
        }

        await CoreHost.UntilAsync(async () => await StandsAsync("CL09AAA") == 0m, "the charge is taken back");
        Assert.Equal(2, (await CasesAsync("two-places", "CL09AAA")).Count);
    }

    private async Task<IReadOnlyList<ReviewView>> TwoPlacesAsync(string plate, DateTimeOffset around) =>
        (await core.Http.GetFromJsonAsync<JourneyView>($"/api/vehicles/{plate}/journey?from={around.AddHours(-3):yyyy-MM-dd'T'HH:mm:ss'Z'}&to={around.AddHours(3):yyyy-MM-dd'T'HH:mm:ss'Z'}", Token))!.TwoPlaces;

    private async Task RegisterAsync(string plate, string record = "car,diesel,4,2009-05-01")
    {
        using var content = new StringContent($"plate,class,fuel,euro,firstRegistered,from\n{plate},{record},2026-11-01");
        using var answer = await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), content, Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private Task IngestAsync(params Sighting[] sightings) => core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token);

    private async Task EachAsync(params Sighting[] sightings)
    {
        foreach (var sighting in sightings)
        {
            await IngestAsync(sighting);
        }
    }

    private async Task DecideAsync(Guid sighting, ReviewResolution decision)
    {
        using var decided = await core.Http.PostAsJsonAsync($"/api/sightings/{sighting}/review", decision, Token);
        Assert.True(decided.IsSuccessStatusCode, await decided.Content.ReadAsStringAsync(Token));
    }

    private async Task<List<ReviewView>> CasesAsync(string kind, string plate) => [.. (await GetAsync<Page<ReviewView>>($"/api/review?kind={kind}&limit=200")).Items.Where(c => c.Plate == plate)];

    private async Task<decimal> StandsAsync(string plate) => (await GetAsync<Page<ChargeView>>($"/api/charges?plate={plate}")).Items.Sum(c => c.Amount);

    private async Task<int> StandingAsync(string plate) => (await GetAsync<Page<ChargeView>>($"/api/charges?plate={plate}")).Items.GroupBy(c => c.Day).Count(g => g.Sum(c => c.Amount) > 0);

    private async Task<T> GetAsync<T>(string path) => (await core.Http.GetFromJsonAsync<T>(path, Token))!;
}

using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Tests.Searches;

/// <summary>Searches are saved without reasons and shared without plates; what somebody gave as reasons is offered to them again.</summary>
public sealed class SearchTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly string[] Makes = ["BMW", "Land Rover", "MINI", "Mercedes-Benz", "Vauxhall"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_sees_their_own_searches_and_those_that_others_share()
    {
        using var one = await Caller.OfRoleAsync(core, Role.Investigator);
        using var other = await Caller.OfRoleAsync(core, Role.Investigator);
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        var own = await SaveAsync(one, "vehicles", new NewSavedSearch("Mine", "?make=BMW", "ab1*"));
        var shared = await SaveAsync(one, "vehicles", new NewSavedSearch("Ours", "?class=hgv&stations=london-a1&stations=london-a2", IsShared: true));
        Assert.Equal("AB1*", own.Plate);
        Assert.Equal(["Mine", "Ours"], (await ListAsync(one, "vehicles")).Select(s => s.Name));
        Assert.Equal([shared], await ListAsync(other, "vehicles"));
        Assert.Empty(await ListAsync(other, "alerts"));
        Assert.Equal(own.Id, (await SaveAsync(one, "vehicles", new NewSavedSearch("Mine", "?make=MINI"))).Id);

        foreach (var wrong in (NewSavedSearch[])
        [
            new("", "?make=BMW"), new("x", "make=BMW"), new("x", "?make=BMW#plate=AB12CDE"), new("x", "?plate=AB12CDE"), new("x", "?reason=jealousy"), new("x", "?make=BMW", "AB12CDE", IsShared: true), new("x", "", "<script>"), new("x", "?make=" + new string('x', 2000)),
        ])
        {
            using var refused = await one.Http.PostAsJsonAsync("/api/searches/vehicles", wrong, Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        using var notTheirs = await other.Http.DeleteAsync($"/api/searches/vehicles/{shared.Id}", Token);
        Assert.Equal(HttpStatusCode.NotFound, notTheirs.StatusCode);
        using var theirs = await one.Http.DeleteAsync($"/api/searches/vehicles/{shared.Id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, theirs.StatusCode);
        using var without = await viewer.Http.GetAsync("/api/searches/vehicles", Token);
        Assert.Equal(HttpStatusCode.Forbidden, without.StatusCode);
    }

    [Fact]
    public async Task A_saved_search_for_a_plate_is_erased_with_it()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Investigator);
        await SaveAsync(person, "charges", new NewSavedSearch("One vehicle", "", "SE01AAA"));
        using var asked = await core.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked("SE01AAA"), Token);
        Assert.True(asked.IsSuccessStatusCode);
        await CoreHost.UntilAsync(() => core.Postgres.ScalarAsync<bool>("select not exists (select from erasures where plate = 'SE01AAA')"), "the erasure is done");
        Assert.Empty(await ListAsync(person, "charges"));
    }

    [Fact]
    public async Task Own_reasons_are_offered_latest_first_each_once_and_not_too_many()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Investigator);
        using var other = await Caller.OfRoleAsync(core, Role.Investigator);
        foreach (var reason in Enumerable.Range(1, 12).Select(i => $"case {i}").Append("case 5"))
        {
            using var ask = new HttpRequestMessage(HttpMethod.Post, "/api/vehicles/search") { Content = JsonContent.Create(new VehicleSearch { Make = "BMW" }) };
            ask.Headers.Add("Audit-Reason", Uri.EscapeDataString(reason));
            using var found = await person.Http.SendAsync(ask, Token);
            Assert.True(found.IsSuccessStatusCode);
        }

        var offered = (await person.Http.GetFromJsonAsync<string[]>("/api/access/reasons", Token))!;
        Assert.Equal(["case 5", "case 12", "case 11"], offered.Take(3));
        Assert.Equal((10, 10), (offered.Length, offered.Distinct().Count()));
        Assert.Empty((await other.Http.GetFromJsonAsync<string[]>("/api/access/reasons", Token))!);
    }

    [Theory]
    [InlineData("Landrover", "Land Rover")]
    [InlineData("land-rovr", "Land Rover")]
    [InlineData("mercedes", "Mercedes-Benz")]
    [InlineData("Vauxhal", "Vauxhall")]
    [InlineData("bmv", "BMW")]
    [InlineData("Skoda", null)]
    [InlineData(" ", null)]
    public void A_word_is_found_however_it_is_written(string typed, string? meant) => Assert.Equal(meant, Spelling.Nearest(typed, Makes, 5) is [var nearest, ..] ? nearest : null);

    [Fact]
    public async Task The_registry_says_which_makes_and_colours_there_are()
    {
        await core.Postgres.ExecuteAsync(
            "insert into vehicles (plate, make, colour, class, fuel) values ('SE02AAA', 'LAND ROVER', 'grey', 'car', 'petrol'), ('SE03AAA', 'LAND ROVER', null, 'car', 'petrol'), ('SE04AAA', 'Zebra', null, 'car', 'petrol'), ('SE05AAA', null, 'pink', 'car', 'petrol') on conflict do nothing");
        using var person = await Caller.OfRoleAsync(core, Role.Investigator);
        var all = (await person.Http.GetFromJsonAsync<VehicleKinds>("/api/vehicle-kinds", Token))!;
        Assert.Contains("Zebra", all.Makes);
        Assert.Contains("grey", all.Colours);
        var meant = (await person.Http.GetFromJsonAsync<VehicleKinds>("/api/vehicle-kinds?make=Landrover&colour=gray", Token))!;
        Assert.Equal("landrover", Assert.Single(meant.Makes).Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant());
        Assert.Contains("grey", meant.Colours);
    }

    private static async Task<SavedSearch> SaveAsync(Caller person, string page, NewSavedSearch search) => await Caller.ReadAsync<SavedSearch>(await person.Http.PostAsJsonAsync($"/api/searches/{page}", search, Token));

    private static async Task<SavedSearch[]> ListAsync(Caller person, string page) => (await person.Http.GetFromJsonAsync<SavedSearch[]>($"/api/searches/{page}", Token))!;
}

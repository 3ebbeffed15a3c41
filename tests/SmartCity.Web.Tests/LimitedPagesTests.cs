using System.Security.Claims;
using Bunit;
using SmartCity.Contracts.Api;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Notes;
using SmartCity.Web.Components.Pages;
using SmartCity.Web.Components.Vehicles;

namespace SmartCity.Web.Tests;

/// <summary>Pages say to whoever is limited to groups of stations that they show these alone, and ask the core for nothing that it refuses them.</summary>
public sealed class LimitedPagesTests : ConsoleContext
{
    private const string Says = "This page shows your stations only.";

    private static readonly string[] Reports = ["hours", "stations", "reads", "versions"];

    public LimitedPagesTests() => Core.Answers("GET /api/stations", () => Array.Empty<StationView>());

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_review_says_whose_it_is(bool limited)
    {
        As(limited);
        Core.Answers("GET /api/review/counts", () => Array.Empty<ReviewCount>()).Answers("POST /api/review/claim", () => Array.Empty<ReviewTask>());

        var page = Render<ReviewPage>();

        Assert.Equal(limited, page.Markup.Contains(Says, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Charges_have_no_disputes_for_whoever_is_limited(bool limited)
    {
        As(limited);
        Core.Answers("GET /api/charges/summary", () => new ChargeSummary(DateOnly.FromDateTime(At.Date), 15m, 12.50m, 2, 0m, 1, "GBP"));

        var page = Render<ChargesPage>();

        page.WaitForAssertion(() => Assert.Equal(limited ? 0 : 1, page.FindAll("a[href='charges/disputes']").Count));
        page.WaitForAssertion(() => Assert.NotEmpty(page.FindAll(".total")));
        Assert.Equal(limited, page.Markup.Contains(Says, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_charge_is_shown_without_its_disputes(bool limited)
    {
        As(limited);
        var charge = new ChargeView
        {
            Id = Guid.NewGuid(),
            Plate = "P",
            Scheme = "ulez",
            Day = new(2026, 11, 18),
            Amount = 12.50m,
            Currency = "GBP",
            Kind = "charge",
            Rule = "ulez-non-compliant",
            Why = "It does not comply.",
            TariffVersion = "1",
            SightingId = Guid.NewGuid(),
            StationId = "a1",
            RecordedAt = At,
        };
        Core.Answers($"GET /api/charges/{charge.Id}", () => new[] { charge }).Answers($"GET /api/charges/{charge.Id}/disputes", () => Array.Empty<DisputeView>());

        var page = Render<ChargePage>(p => p.Add(c => c.Id, charge.Id));

        page.WaitForAssertion(() => Assert.Contains("It does not comply.", page.Markup, StringComparison.Ordinal));
        Assert.Equal(limited ? 0 : 1, Core.Asked.Count(a => a.EndsWith("/disputes", StringComparison.Ordinal)));
        Assert.Equal(!limited, page.Markup.Contains("Dispute", StringComparison.Ordinal));
        Assert.Contains("Correct the reading", page.Markup, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Reports_are_those_that_count_by_station(bool limited)
    {
        As(limited);

        var page = Render<ReportsPage>();

        page.WaitForAssertion(() => Assert.Equal(limited ? 4 : 9, Core.Asked.Count(a => a.StartsWith("GET /api/reports/", StringComparison.Ordinal) && !a.EndsWith("schedules", StringComparison.Ordinal))));
        Assert.Equal(limited, page.Markup.Contains(Says, StringComparison.Ordinal));
        if (limited)
        {
            Assert.All(Core.Asked.Where(a => a.StartsWith("GET /api/reports/", StringComparison.Ordinal)), a => Assert.Contains(a.Split('/')[^1], Reports));
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_journey_says_that_it_is_a_part(bool limited)
    {
        As(limited);
        Core.Answers("GET /api/vehicles/journey", () => new JourneyView("P", [], false) { OwnStations = limited }).Answers("GET /api/vehicles/record", () => new VehicleView { Plate = "P", Make = "Ford", Class = "car", Fuel = "diesel" });

        var detail = Render<VehicleDetail>(p => p.Add(d => d.PlateText, "P").Add(d => d.Reason, "case 42").Add(d => d.Around, At).Add(d => d.Found, new VehicleView { Plate = "P", Make = "Opel", Class = "car", Fuel = "petrol" }));

        detail.WaitForAssertion(() => Assert.Contains(limited ? "Opel" : "Ford", detail.Markup, StringComparison.Ordinal));
        Assert.Equal(limited, detail.Markup.Contains("Only the part at your stations", StringComparison.Ordinal));
        Assert.Equal(limited, !Core.Asked.Contains("GET /api/vehicles/record"));
    }

    [Fact]
    public void Notes_on_a_station_are_there_and_those_on_a_vehicle_are_not()
    {
        As(limited: true);
        Core.Answers("GET /api/notes/stations/a1", () => new Page<NoteView>([new NoteView(Guid.NewGuid(), At, "you", "A lamp is out.")], null));

        var station = Render<NotesPart>(p => p.Add(n => n.Station, "a1"));
        var vehicle = Render<NotesPart>(p => p.Add(n => n.PlateText, "P").Add(n => n.Reason, "case 42"));

        station.WaitForAssertion(() => Assert.Contains("A lamp is out.", station.Markup, StringComparison.Ordinal));
        Assert.Empty(vehicle.FindAll("section"));
        Assert.DoesNotContain("POST /api/notes/search", Core.Asked);
    }

    private void As(bool limited) => this.AddAuthorization().SetAuthorized("you")
        .SetPolicies(Scope.LiveRead, Scope.ReviewRead, Scope.ReviewWrite, Scope.ChargesRead, Scope.VehiclesSearch, Scope.ReportsRead, Scope.NotesWrite)
        .SetClaims(limited ? [new Claim(SignedInUser.OnlyStationClaim, "a1")] : []);
}

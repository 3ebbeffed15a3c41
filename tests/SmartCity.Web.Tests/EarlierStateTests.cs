using System.Net;
using System.Security.Claims;
using Bunit;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Web.Access;
using SmartCity.Web.Components.Hotlist;
using SmartCity.Web.Components.Pages;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

/// <summary>Nothing of what was shown or asked before stays under what is shown now.</summary>
public sealed class EarlierStateTests : ConsoleContext
{
    public EarlierStateTests()
    {
        Core.Answers("GET /api/stations", () => Array.Empty<StationView>());
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.VehiclesSearch, Scope.ChargesRead, Scope.HotlistRead, Scope.HotlistWrite, Scope.InvestigationsRead).SetClaims(new Claim(Scope.Claim, Scope.VehiclesSearch));
    }

    [Fact]
    public async Task Another_day_of_the_same_vehicle_has_its_own_journey()
    {
        var days = (PassageView[])[Passage(At), Passage(At.AddDays(-3))];
        Core.Answers("POST /api/vehicles/search", () => new Page<PassageHit>([.. days.Select(d => new PassageHit(d, null))], null));
        var journeys = 0;
        Core.Answers("GET /api/vehicles/journey", () => new JourneyView("AB12CDE", [new JourneyStop(days[journeys], journeys++ == 0 ? "Angel" : "Borough", 51.5, -0.1, null)], false));
        Core.Answers("GET /api/vehicles/record", () => throw new HttpRequestException("Not found.", null, HttpStatusCode.NotFound));
        var page = Render<VehiclesPage>();
        page.FindAll("input").Single(i => i.Closest(".why") is not null).Input("a stolen car");
        await page.Find("form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Equal(2, page.FindAll("button.link").Count));

        page.FindAll("button.link")[0].Click();
        page.WaitForAssertion(() => Assert.Contains("Angel", page.Find(".stops").TextContent, StringComparison.Ordinal));
        page.FindAll("button.link")[1].Click();

        page.WaitForAssertion(() => Assert.Contains("Borough", page.Find(".stops").TextContent, StringComparison.Ordinal));
        Assert.Single(page.FindAll("tr.open"));
    }

    [Fact]
    public async Task The_ledger_is_downloaded_only_as_it_was_searched_and_rows_of_another_day_do_not_stay()
    {
        Core.Answers("GET /api/charges/summary", () => new ChargeSummary(new DateOnly(2026, 11, 23), 0, 12.5m, 1, 0, 0, "GBP"));
        Core.Answers("GET /api/charges", () => new Page<ChargeView>([Charge("AB12CDE")], null));
        var page = Render<ChargesPage>();
        page.WaitForAssertion(() => Assert.Contains("vehicle owes", page.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain(page.FindAll("button"), b => b.TextContent.Trim() == "CSV");

        page.FindAll("input").Single(i => i.Closest(".wide") is not null).Input("the day's account");
        await page.Find("form").SubmitAsync();
        page.WaitForAssertion(() => Assert.Contains("Euro 3", page.Find("table").TextContent, StringComparison.Ordinal));
        Assert.Contains(page.FindAll("button"), b => b.TextContent.Trim() == "CSV");

        Core.Answers("GET /api/charges/summary", () => new ChargeSummary(new DateOnly(2026, 11, 20), 0, 0, 0, 0, 0, "GBP"));
        Core.Answers("GET /api/charges", () => throw new HttpRequestException("The core is away.", null, HttpStatusCode.ServiceUnavailable));
        await page.InvokeAsync(() => page.FindComponent<MudBlazor.MudDatePicker>().Instance.DateChanged.InvokeAsync(new DateTime(2026, 11, 20)));

        page.WaitForAssertion(() => Assert.Contains("The core is away.", page.Markup, StringComparison.Ordinal));
        Assert.Empty(page.FindAll("table"));
    }

    [Fact]
    public void Disputes_of_the_state_before_neither_stay_nor_come_late()
    {
        var slow = new TaskCompletionSource<object>();
        var asked = 0;
        Core.Waits("GET /api/charges/disputes", token => ++asked == 1 ? slow.Task.WaitAsync(token) : Task.FromResult<object>(new Page<DisputeView>([Dispute("UPHELD1", "upheld")], null)));
        Services.GetRequiredService<Purpose>().Give("case 42");
        var page = Render<DisputesPage>();
        Services.GetRequiredService<NavigationManager>().NavigateTo("charges/disputes?state=upheld");
        page.Render();
        page.WaitForAssertion(() => Assert.Contains("UPHELD1", page.Markup, StringComparison.Ordinal));

        slow.TrySetResult(new Page<DisputeView>([Dispute("OPEN111", "open")], null));
        page.Render();

        Assert.DoesNotContain("OPEN111", page.Markup, StringComparison.Ordinal);
        Assert.Contains("UPHELD1", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_entry_whose_reason_is_changed_keeps_its_times()
    {
        HotlistEntryView? saved = null;
        var entry = new HotlistEntryView { Id = Guid.NewGuid(), Pattern = "AB12CDE", Reason = "Stolen", Priority = 1, ValidFrom = At.AddMinutes(15), ValidTo = At.AddHours(5) };
        var form = Render<EntryForm>(p => p.Add(f => f.Entry, entry).Add(f => f.Saved, EventCallback.Factory.Create<HotlistEntryView>(this, e => saved = e)).Add(f => f.Closed, EventCallback.Factory.Create(this, () => { })));
        Assert.Contains("from 08:30 on", form.Markup, StringComparison.Ordinal);

        form.FindAll("input")[1].Input("Stolen and armed");
        await form.Find("form").SubmitAsync();

        Assert.Equal(("Stolen and armed", entry.ValidFrom, entry.ValidTo), (saved!.Reason, saved.ValidFrom, saved.ValidTo));
    }

    private static PassageView Passage(DateTimeOffset at) => new() { Id = Guid.NewGuid(), Plate = "AB12CDE", StationId = "a1", FirstAt = at, LastAt = at, Sightings = 1 };

    private static ChargeView Charge(string plate) => new() { Id = Guid.NewGuid(), Plate = plate, Scheme = "ulez", Day = new DateOnly(2026, 11, 23), Amount = 12.5m, Kind = "charge", Why = "Euro 3", Rule = "ulez", TariffVersion = "london", RecordedAt = At };

    private static DisputeView Dispute(string plate, string state) => new(Guid.NewGuid(), Charge(plate), "Not mine", state, "ann", At, null, null, null);
}

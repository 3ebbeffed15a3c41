using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Alerts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

/// <summary>What the console asks the core is in no log of an address.</summary>
public sealed class CoreAddressTests
{
    private const string Plate = "AB12CDE";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_address_that_the_console_asks_holds_a_plate_a_name_or_a_reason()
    {
        using var core = Answering(new FakeCore());
        var client = Client(core);

        await client.VehicleAsync(Plate, "theft", Token);
        await client.JourneyAsync(Plate, DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddDays(1), "theft", Token);
        await client.AlertsAsync(new AlertFilter(Plate: Plate), null, Token, "theft");
        await client.AlertsOfAsync(Plate, "theft", Token);
        await client.ChargesAsync(new ChargeFilter { Plate = Plate }, "theft", null, Token);
        await client.HotlistAsync(Plate, "active", null, Token);
        await client.AuditAsync([("subject", Plate), ("reason", "theft"), ("actor", "anna")], null, Token);
        using var file = new MemoryStream([1]);
        await client.AddInvestigationFileAsync(Guid.Empty, $"{Plate}.pdf", file, Token);
        using var export = await client.OpenAsync($"api/charges/export?plate={Plate}&day=2026-11-20", "theft", Token);

        Assert.Equal(9, core.Addresses.Count);
        Assert.DoesNotContain(core.Addresses, a => a.Contains(Plate, StringComparison.OrdinalIgnoreCase) || a.Contains("theft", StringComparison.Ordinal));
        Assert.Contains("/api/charges/export?day=2026-11-20", core.Addresses);
    }

    [Fact]
    public async Task A_core_that_does_not_read_the_headers_is_not_taken_at_its_word()
    {
        using var core = Answering(new FakeCore { KnowsHeaders = false });

        var refused = await Assert.ThrowsAsync<HttpRequestException>(() => Client(core).AlertsOfAsync(Plate, "theft", Token));

        Assert.Contains("older than this console", refused.Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<HttpRequestException>(() => Client(core).OpenAsync($"api/charges/export?plate={Plate}", "theft", Token));
    }

    private static CoreClient Client(FakeCore core) => new(new HttpClient(core, disposeHandler: false) { BaseAddress = new Uri("http://core") });

    private static FakeCore Answering(FakeCore core) => core
        .Answers("GET /api/vehicles/record", () => new VehicleView { Plate = Plate })
        .Answers("GET /api/vehicles/journey", () => new JourneyView(Plate, [], false))
        .Answers("GET /api/alerts", () => new Page<AlertView>([], null))
        .Answers("GET /api/charges", () => new Page<ChargeView>([], null))
        .Answers("GET /api/charges/export", () => "")
        .Answers("GET /api/hotlist", () => new Page<HotlistEntryView>([], null))
        .Answers("GET /api/audit", () => new Page<AuditLine>([], null))
        .Answers($"POST /api/investigations/{Guid.Empty}/files", () => new InvestigationFile(Guid.Empty, $"{Plate}.pdf", 1, "", "anna", DateTimeOffset.UnixEpoch));
}

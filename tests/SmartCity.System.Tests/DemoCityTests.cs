using System.Net;
using System.Text.Json;
using System.Text.RegularExpressions;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Alerts;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>The demo city, started once: what a newcomer sees in the first minute.</summary>
public sealed partial class DemoCityTests : IAsyncLifetime
{
    private readonly TestData _data = new();
    private RunningSystem _system = null!;
    private WebhookReceiver _room = null!;

    public async ValueTask InitializeAsync()
    {
        _room = await WebhookReceiver.StartAsync();
        _system = await RunningSystem.StartAsync(
            _data.Path, ["--speed", "4"], new Dictionary<string, string> { ["Edge__Hotlist__Webhooks__0__Address"] = _room.Url.ToString(), ["Edge__Hotlist__Webhooks__0__Secret"] = "a secret of the control room" });
    }

    public async ValueTask DisposeAsync()
    {
        await _system.DisposeAsync();
        await _room.DisposeAsync();
        await _data.DisposeAsync();
    }

    [Fact]
    public async Task Vehicles_are_read_charged_and_alerted_on()
    {
        Assert.Equal(HttpStatusCode.OK, (await _system.Http.GetAsync("/health/ready", TestContext.Current.CancellationToken)).StatusCode);
        await _system.UntilAsync(async () => (await _system.GetAsync<Page<ChargeView>>("/api/charges")).Items.Count > 0, "a charge");
        await _system.UntilAsync(async () => (await _system.GetAsync<Page<AlertView>>("/api/alerts")).Items.Count > 0, "an alert");

        var charge = (await _system.GetAsync<Page<ChargeView>>("/api/charges")).Items[^1];
        var sighting = await _system.GetAsync<SightingView>($"/api/sightings/{charge.SightingId}");
        Assert.Equal(charge.Plate, sighting.Plate);
        Assert.Equal(32, sighting.TraceId?.Length);
        Assert.Equal(sighting.TraceId, charge.TraceId);

        var picture = await _system.Http.GetByteArrayAsync($"/api/evidence/{sighting.Evidence}", TestContext.Current.CancellationToken);
        Assert.Equal([0xFF, 0xD8, 0xFF], picture[..3]);

        await _system.UntilAsync(async () => (await _system.GetAsync<Page<AlertView>>("/api/alerts")).Items.Any(IsToldAtTheSite), "an alert of which the site's own receiver has heard too");
        await _system.UntilAsync(async () => (await _system.GetAsync<OpsView>("/api/ops")).Stations.Any(s => s.Heartbeat?.Hotlist is { Entries: > 0, Matches: > 0 }), "a station says what met the hot-list that it holds");

        await StopsInOrderAsync();
    }

    private bool IsToldAtTheSite(AlertView alert) => _room.Received
        .Select(r => JsonSerializer.Deserialize(r.Body, ContractsJson.Default.LocalMatch)!)
        .Any(m => (m.EntryId, m.SightingId, m.Plate, m.StationId) == (alert.EntryId, alert.SightingId, alert.Plate, alert.StationId));

    private async Task StopsInOrderAsync()
    {
        Assert.Equal(0, await _system.StopAsync(TimeSpan.FromSeconds(10)));
        Assert.False(File.Exists(_data.Below("postgres", "data", "postmaster.pid")), "Postgres still runs.");
        Assert.DoesNotContain(_system.Said.Split('\n'), l => Complaint().IsMatch(l)); // from an ordinary first start to an ordinary end
    }

    // Kestrel's 22 says that the machine is busy.
    [GeneratedRegex(@"^\d\d:\d\d:\d\d (warn|fail|crit): (?!Microsoft\.AspNetCore\.Server\.Kestrel\[22\])")]
    private static partial Regex Complaint();
}

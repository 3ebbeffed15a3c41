using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>Alerts as the core raises them: a vehicle on the hot-list that passes.</summary>
internal static class RaisedAlerts
{
    public static async Task<AlertView> RaiseAsync(CoreHost core, string plate, int priority = 1, string? list = null)
    {
        var token = TestContext.Current.CancellationToken;
        using var entry = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = plate, reason = "Stolen", priority, list }, token);
        Assert.Equal(HttpStatusCode.Created, entry.StatusCode);
        AlertView? alert = null;
        var at = TimeProvider.System.GetUtcNow();
        await CoreHost.UntilAsync(
            async () =>
            {
                at = at.AddMinutes(-10);
                alert = (await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting(plate, at)), [], token)).Alerts.SingleOrDefault();
                return alert is not null;
            },
            $"an alert for {plate}");
        return alert!;
    }
}

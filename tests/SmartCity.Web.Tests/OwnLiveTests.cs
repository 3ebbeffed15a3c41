using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Health;
using SmartCity.Web.Access;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

/// <summary>The console has one live stream of the whole city; a page hears what its user may hear.</summary>
public sealed class OwnLiveTests
{
    private static readonly LiveEvent[] Told = [Sighted("a1"), Sighted("a2"), new() { Alert = Raised("a1") }, new() { Alert = Raised("a2") }, new()];

    public static TheoryData<string[]?, int> Limits => new()
    {
        { null, 5 },
        { ["a1"], 2 },
        { ["a1", "a2"], 4 },
        { [], 0 },
    };

    [Theory]
    [MemberData(nameof(Limits))]
    public void A_page_hears_of_the_stations_of_its_user_alone(string[]? stations, int heard)
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        using var live = new LiveConnection(
            services, Options.Create(new ConsoleOptions()), new WorkerHealth(TimeProvider.System), TimeProvider.System, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<LiveConnection>.Instance);
        var own = new OwnLive(live, new Known(SignedInUser.Principal("token", new AccountView("somebody", [Role.Operator], [Scope.LiveRead], false, Stations: stations), "test")));
        var events = new List<LiveEvent>();
        own.Received += events.Add;

        Array.ForEach(Told, live.Hand);
        own.Received -= events.Add;
        live.Hand(Told[0]);

        Assert.Equal(heard, events.Count);
        Assert.All(events, e => Assert.True(stations is null || stations.Contains(e.Sighting?.StationId ?? e.Alert?.StationId)));
    }

    [Theory]
    [InlineData(null, 1, "The reading at a2 was corrected.")]
    [InlineData("a1", 0, "")]
    public void What_tells_of_another_station_is_left_out_for_whoever_does_not_see_it(string? station, int before, string why)
    {
        using var services = new ServiceCollection().BuildServiceProvider();
        using var live = new LiveConnection(
            services, Options.Create(new ConsoleOptions()), new WorkerHealth(TimeProvider.System), TimeProvider.System, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<LiveConnection>.Instance);
        var own = new OwnLive(live, new Known(SignedInUser.Principal("token", new AccountView("somebody", [Role.Operator], [Scope.LiveRead, Scope.ChargesRead], false, Stations: station is null ? null : [station]), "test")));
        var events = new List<LiveEvent>();
        own.Received += events.Add;

        live.Hand(new LiveEvent { Sighting = Sighted("a1").Sighting! with { ChargedBefore = [new EarlierCharge(Guid.NewGuid(), "ulez", 12.50m, "GBP", TimeProvider.System.GetUtcNow())] } });
        live.Hand(new LiveEvent { Charge = Reversed("a1", "The reading at a2 was corrected.") });

        Assert.Equal(before, events[0].Sighting!.ChargedBefore.Count);
        Assert.Equal(why, events[1].Charge!.Why);
    }

    private static ChargeView Reversed(string station, string why) => new()
    {
        Id = Guid.NewGuid(),
        Plate = "P",
        Scheme = "ulez",
        Day = new(2026, 11, 18),
        Amount = -12.50m,
        Currency = "GBP",
        Kind = "reversal",
        Rule = "ulez-non-compliant",
        Why = why,
        TariffVersion = "1",
        SightingId = Guid.NewGuid(),
        StationId = station,
        RecordedAt = TimeProvider.System.GetUtcNow(),
    };

    private static LiveEvent Sighted(string station) => new() { Sighting = new SightingView { Id = Guid.NewGuid(), CapturedAt = TimeProvider.System.GetUtcNow(), StationId = station, CameraId = station + "-n1" } };

    private static AlertView Raised(string station) => new()
    {
        Id = Guid.NewGuid(),
        EntryId = Guid.Empty,
        PassageId = Guid.Empty,
        SightingId = Guid.Empty,
        Plate = "P",
        Pattern = "P",
        Reason = "Stolen",
        Priority = 1,
        StationId = station,
        CapturedAt = TimeProvider.System.GetUtcNow(),
        RaisedAt = TimeProvider.System.GetUtcNow(),
        State = "open",
    };

    private sealed class Known(ClaimsPrincipal user) : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(user));
    }
}

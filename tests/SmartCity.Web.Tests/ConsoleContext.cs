using System.Security.Claims;
using Bunit;
using Microsoft.AspNetCore.Components.Authorization;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting.Internal;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using MudBlazor.Services;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Health;
using SmartCity.Web.Access;
using SmartCity.Web.Components;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

/// <summary>Renders pages of the console against a core that answers what a test says, at a time that it says.</summary>
public abstract class ConsoleContext : BunitContext
{
    protected static readonly DateTimeOffset At = new(2026, 11, 23, 8, 15, 0, TimeSpan.Zero);

    protected ConsoleContext()
    {
        JSInterop.Mode = JSRuntimeMode.Loose;
        RenderTree.Add<TellMoves>();
        Services.AddMudServices(o => o.PopoverOptions.CheckForPopoverProvider = false);
        Services.AddSingleton<TimeProvider>(Time);
        Services.AddSingleton(new CoreClient(new HttpClient(Core) { BaseAddress = new Uri("http://core") }));
        Services.AddScoped<Purpose>();
        Services.AddScoped<Downloads>();
        Services.AddSingleton(Options.Create(new TraceOptions()));
        Services.AddSingleton(London);
        Services.AddSingleton(new Units(InMiles: false));
        Services.AddSingleton(provider => new LiveConnection(
            provider, Options.Create(new ConsoleOptions()), new WorkerHealth(Time), Time, new ApplicationLifetime(NullLogger<ApplicationLifetime>.Instance), NullLogger<LiveConnection>.Instance));
        Services.AddScoped(provider => new OwnLive(provider.GetRequiredService<LiveConnection>(), new Somebody()));
    }

    /// <summary>A console that knows its city.</summary>
    internal static CityDays London { get; } = In("Europe/London");

    internal static CityDays In(string timeZone)
    {
        var days = new CityDays();
        days.Learn(new CityView("city", "City", null, timeZone));
        return days;
    }

    internal FakeCore Core { get; } = new();

    protected FakeTimeProvider Time { get; } = new(At);

    protected LiveConnection Live => Services.GetRequiredService<LiveConnection>();

    private sealed class Somebody : AuthenticationStateProvider
    {
        public override Task<AuthenticationState> GetAuthenticationStateAsync() => Task.FromResult(new AuthenticationState(new ClaimsPrincipal(new ClaimsIdentity("test"))));
    }

    /// <summary>An open alert, raised so many seconds after <see cref="At"/>; of the same second it is the same one.</summary>
    protected static AlertView Raised(string plate, int second) => new()
    {
        Id = new Guid(second, 0, 0, new byte[8]),
        EntryId = Guid.Empty,
        PassageId = Guid.Empty,
        SightingId = Guid.Empty,
        Plate = plate,
        Pattern = plate,
        Reason = "Stolen",
        Priority = 1,
        StationId = "a1",
        CapturedAt = At,
        RaisedAt = At.AddSeconds(second),
        State = "open",
    };
}

using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using SmartCity.Contracts.Api;
using SmartCity.Web.Access;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Core;

/// <summary>What an open page hears of the live stream, which is of the whole city: whoever is limited to groups of stations hears of these alone.</summary>
public sealed class OwnLive(LiveConnection live, AuthenticationStateProvider user)
{
    private readonly Lock _gate = new();
    // The stream's thread speaks another language than the page.
    private readonly ReadersCulture _reader = new();
    private Action<LiveEvent>? _received;

    /// <summary>Raised for each event that the user may hear of, on a thread of the stream.</summary>
    public event Action<LiveEvent>? Received
    {
        add
        {
            lock (_gate)
            {
                if (_received is null)
                {
                    live.Received += Hand;
                }

                _received += value;
            }
        }

        remove
        {
            lock (_gate)
            {
                _received -= value;
                if (_received is null)
                {
                    live.Received -= Hand;
                }
            }
        }
    }

    /// <inheritdoc cref="LiveConnection.Connected"/>
    public event Action? Connected
    {
        add => live.Connected += value;
        remove => live.Connected -= value;
    }

    // Nobody hears anything before it is known who it is; a circuit knows that before it draws a page, so nothing waits here.
    private void Hand(LiveEvent told) => _ = HandAsync(told);

    private async Task HandAsync(LiveEvent told)
    {
        _reader.Speak();
        var somebody = (await user.GetAuthenticationStateAsync()).User;
        if (IsFor(somebody, told))
        {
            _received?.Invoke(SignedInUser.IsLimited(somebody) ? Own(told) : told);
        }
    }

    // What a vehicle was charged for before may have been at another station, and why a charge was reversed may tell of one.
    private static LiveEvent Own(LiveEvent told) => told with
    {
        Sighting = told.Sighting is { } sighting ? sighting with { ChargedBefore = [], Charges = [.. sighting.Charges.Select(Own)] } : null,
        Charge = told.Charge is { } charge ? Own(charge) : null,
    };

    private static ChargeView Own(ChargeView line) => line.Kind == "reversal" ? line with { Why = "" } : line;

    private static bool IsFor(ClaimsPrincipal somebody, LiveEvent told) =>
        !SignedInUser.IsLimited(somebody)
        || ((told.Sighting?.StationId ?? told.Alert?.StationId ?? told.Charge?.StationId) is { } station && somebody.HasClaim(SignedInUser.OnlyStationClaim, station));
}

using System.Security.Claims;
using Microsoft.AspNetCore.Components.Authorization;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Access;

/// <summary>Whoever this request or this open page belongs to. The core's token is a claim of the encrypted cookie and never leaves the server.</summary>
public sealed class SignedInUser(IHttpContextAccessor http, AuthenticationStateProvider circuit)
{
    public const string TokenClaim = "core_token";
    public const string MustChangeClaim = "must_change_password";
    public const string MustEnrolClaim = "must_enrol";

    /// <summary>Type of the claims that name the stations of a user who is limited to some. It is another than the core's, with which it may share a process.</summary>
    public const string OnlyStationClaim = "shown_station";

    /// <summary>The core no longer knows the token.</summary>
    public event Action? Ended;

    public async ValueTask<string?> TokenAsync() => (await PrincipalAsync()).FindFirstValue(TokenClaim);

    /// <summary>Whether somebody is limited to groups of stations.</summary>
    public static bool IsLimited(ClaimsPrincipal somebody) => somebody.HasClaim(c => c.Type == OnlyStationClaim);

    public void SayEnded() => Ended?.Invoke();

    /// <summary>The cookie's content for a session of the core.</summary>
    public static ClaimsPrincipal Principal(string token, AccountView account, string scheme)
    {
        var identity = new ClaimsIdentity(scheme);
        identity.AddClaim(new Claim(ClaimTypes.Name, account.Name));
        identity.AddClaims(account.Roles.Select(r => new Claim(ClaimTypes.Role, r)));
        identity.AddClaims(account.Scopes.Select(s => new Claim(Scope.Claim, s)));
        identity.AddClaim(new Claim(TokenClaim, token));
        // Limited to no station is limited too.
        identity.AddClaims((account.Stations is { Count: 0 } ? [""] : account.Stations ?? []).Select(s => new Claim(OnlyStationClaim, s)));
        if (account.MustChangePassword)
        {
            identity.AddClaim(new Claim(MustChangeClaim, "true"));
        }

        if (account.MustEnrol)
        {
            identity.AddClaim(new Claim(MustEnrolClaim, "true"));
        }

        return new ClaimsPrincipal(identity);
    }

    // In a circuit the request that opened it is long over; elsewhere there is no circuit.
    private async ValueTask<ClaimsPrincipal> PrincipalAsync() =>
        http.HttpContext is { WebSockets.IsWebSocketRequest: false } context ? context.User : (await circuit.GetAuthenticationStateAsync()).User;
}

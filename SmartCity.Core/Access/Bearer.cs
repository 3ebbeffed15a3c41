using System.Security.Claims;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Access;

/// <summary>Who a token stands for.</summary>
/// <param name="Subject">Id of the user or the key.</param>
/// <param name="MustChangePassword">Signed in, and allowed nothing else yet.</param>
/// <param name="Stations">An edge's key is for these alone; null for all.</param>
/// <param name="Only">Whoever is limited to groups of stations sees these alone; null for all.</param>
internal sealed record Bearer(string Name, string Subject, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, bool MustChangePassword, IReadOnlyList<string>? Stations = null, bool MustEnrol = false, IReadOnlyList<string>? Only = null)
{
    /// <summary>Type of the claims that name the stations of a key that is bound to some.</summary>
    public const string StationClaim = "station";

    /// <summary>How the subject of a key of the product's own services begins.</summary>
    public const string ServiceSubject = "service:";

    public const string MustChangeClaim = "must_change_password";

    public const string MustEnrolClaim = "must_enrol";

    /// <param name="mustEnrol">The user's role needs a second factor, and there is none.</param>
    /// <param name="only">The stations that the user is limited to; null for all.</param>
    public static Bearer Of(User user, bool mustEnrol, IReadOnlyList<string>? only) =>
        new(user.UserName!, user.Id.ToString(), user.Roles, user.MustChangePassword || mustEnrol ? [] : Within(ScopesOf(user.Roles), only), user.MustChangePassword, MustEnrol: mustEnrol, Only: only);

    /// <summary>Of some scopes those that whoever is limited to stations may have.</summary>
    public static string[] Within(IReadOnlyList<string> scopes, IReadOnlyList<string>? only) => only is null ? [.. scopes] : [.. scopes.Intersect(StationLimit.Scopes)];

    public static Bearer Of(ClaimsPrincipal principal) => new(
        principal.Identity?.Name ?? "?",
        principal.FindFirstValue(ClaimTypes.NameIdentifier) ?? "?",
        [.. principal.FindAll(ClaimTypes.Role).Select(c => c.Value)],
        [.. principal.FindAll(Scope.Claim).Select(c => c.Value)],
        principal.HasClaim(c => c.Type == MustChangeClaim),
        MustEnrol: principal.HasClaim(c => c.Type == MustEnrolClaim),
        Only: StationLimit.Of(principal));

    public static string[] ScopesOf(IEnumerable<string> roles) => [.. roles.SelectMany(Role.ScopesOf).Distinct()];

    /// <summary>The stations that whoever asks is bound to; null when to none.</summary>
    public static IReadOnlyList<string>? StationsOf(ClaimsPrincipal principal) =>
        principal.FindAll(StationClaim).Select(c => c.Value).ToArray() is { Length: > 0 } stations ? stations : null;

    public AccountView View() => new(Name, Roles, Scopes, MustChangePassword, MustEnrol, Only is [""] ? [] : Only);

    public ClaimsPrincipal Principal(string scheme)
    {
        var identity = new ClaimsIdentity(scheme);
        identity.AddClaim(new Claim(ClaimTypes.Name, Name));
        identity.AddClaim(new Claim(ClaimTypes.NameIdentifier, Subject));
        identity.AddClaims(Roles.Select(r => new Claim(ClaimTypes.Role, r)));
        identity.AddClaims(Scopes.Select(s => new Claim(Scope.Claim, s)));
        // Bound to no station is bound too.
        identity.AddClaims((Stations is { Count: 0 } ? [""] : Stations ?? []).Select(s => new Claim(StationClaim, s)));
        // Limited to no station is limited too.
        identity.AddClaims((Only is { Count: 0 } ? [""] : Only ?? []).Select(s => new Claim(StationLimit.Claim, s)));
        if (MustChangePassword)
        {
            identity.AddClaim(new Claim(MustChangeClaim, "true"));
        }

        if (MustEnrol)
        {
            identity.AddClaim(new Claim(MustEnrolClaim, "true"));
        }

        return new ClaimsPrincipal(identity);
    }
}

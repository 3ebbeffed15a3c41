using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SmartCity.Core.Access;

/// <summary>Section <c>Core:Access</c>: who may use the core.</summary>
internal sealed class AccessOptions : IValidatableObject
{
    public const string Section = "Core:Access";

    /// <summary>Password of the user <c>administrator</c> at the first start. If it is left out, one is made up and printed once.</summary>
    [MinLength(12)]
    public string? FirstPassword { get; init; }

    /// <summary>A session ends after this time without a call.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "1.00:00:00")]
    public TimeSpan SessionIdle { get; init; } = TimeSpan.FromHours(1);

    /// <summary>A session ends after this time in any case.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromHours(12);

    /// <summary>Roles whose users of this core must have a second factor; without one they may do nothing but set it up. Others may have one.</summary>
    public IReadOnlyList<string> SecondFactorRoles { get; init; } = [];

    /// <summary>Addresses of consoles at which people may sign in with a passkey, such as <c>https://console.example.org</c>; they share one host name. None: no passkeys.</summary>
    public IReadOnlyList<string> PasskeyOrigins { get; init; } = [];

    /// <summary>How many rows about people (sightings, passages, charges, alerts, search results, for which a reason is given) a user or a key may read in an hour; an export counts as a twentieth of it.</summary>
    [Range(100, 100_000_000)]
    public int RowsAnHour { get; set; } = 50_000;

    /// <summary>How many characters of SQL answers with plates a user or a key may read in an hour: one row may hold the plates of many. A file counts as a twentieth of the rows, as it does elsewhere.</summary>
    [Range(10_000, 100_000_000_000)]
    public long SqlCharactersAnHour { get; set; } = 10_000_000;

    /// <summary>Keys of the product's own services, by name: the console's, the edges'.</summary>
    [ValidateEnumeratedItems]
    public IReadOnlyList<ServiceKey> ServiceKeys { get; init; } = [];

    /// <summary>Users of an identity provider; null for none.</summary>
    [ValidateObjectMembers]
    public OpenIdOptions? OpenId { get; init; }

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var origin in PasskeyOrigins)
        {
            // Browsers know no passkeys of bare addresses, and none without encryption but on the machine itself.
            if (!Uri.TryCreate(origin, UriKind.Absolute, out var uri) || uri.GetLeftPart(UriPartial.Authority) != origin || uri.HostNameType != UriHostNameType.Dns || (uri.Scheme != Uri.UriSchemeHttps && uri.Host != "localhost"))
            {
                yield return new ValidationResult($"{Section}:{nameof(PasskeyOrigins)} has '{origin}'; it must be https:// and a host name, with a port if there is one and nothing after it, such as https://console.example.org.", [nameof(PasskeyOrigins)]);
            }
            else if (uri.Host != new Uri(PasskeyOrigins[0]).Host)
            {
                yield return new ValidationResult($"{Section}:{nameof(PasskeyOrigins)} has '{origin}' beside '{PasskeyOrigins[0]}'; a passkey is good for one host name.", [nameof(PasskeyOrigins)]);
            }
        }
    }
}

internal sealed class ServiceKey
{
    [Required]
    public string Name { get; init; } = "";

    [Required, MinLength(32)]
    public string Key { get; init; } = "";

    [Required, MinLength(1)]
    public string[] Scopes { get; init; } = [];

    /// <summary>Ids of the stations that an edge with this key may ask about; leave it out for all.</summary>
    [MinLength(1)]
    public string[]? Stations { get; init; }
}

/// <summary>An OpenID Connect provider whose access tokens the core accepts.</summary>
internal sealed class OpenIdOptions
{
    [Required, Url]
    public string Authority { get; init; } = "";

    [Required]
    public string Audience { get; init; } = "";

    /// <summary>Claim of the access token that names the user.</summary>
    public string NameClaim { get; init; } = "preferred_username";

    /// <summary>Appended to the names of the provider's users, as in <c>jane@city</c>, so that none of them can pass for a user of the core.</summary>
    [Required]
    public string Realm { get; init; } = "openid";

    /// <summary>Claim of the access token that lists the user's roles; unknown roles are ignored.</summary>
    public string RoleClaim { get; init; } = "roles";

    /// <summary>Off only for a provider on a developer's own machine.</summary>
    public bool RequireHttps { get; init; } = true;
}

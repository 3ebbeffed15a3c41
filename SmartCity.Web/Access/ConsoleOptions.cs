using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Options;

namespace SmartCity.Web.Access;

/// <summary>The console's own settings.</summary>
public sealed class ConsoleOptions
{
    public const string Section = "Console";

    /// <summary>The console's own key at the core, for what all pages share: the live stream. The core knows it under <c>Core:Access:ServiceKeys</c>.</summary>
    [Required, MinLength(32)]
    public string CoreKey { get; init; } = "";

    /// <summary>Folder for the keys that sign cookies; without it a restart or a second console signs everybody out.</summary>
    public string? KeysPath { get; init; }

    /// <summary>The language of whoever has chosen none and whose browser asks for none that there is: an ISO 639-1 code, such as en or de.</summary>
    [AllowedLanguage]
    public string Language { get; init; } = Languages.Language.English;

    public ConsoleUnits Units { get; init; }

    [ValidateObjectMembers]
    public OpenIdClient? OpenId { get; init; }
}

/// <summary>Sign-in with an OpenID Connect provider, beside name and password.</summary>
public sealed class OpenIdClient
{
    [Required, Url]
    public string Authority { get; init; } = "";

    [Required]
    public string ClientId { get; init; } = "";

    public string? ClientSecret { get; init; }

    /// <summary>What the button says; null for single sign-on, in the reader's language.</summary>
    public string? Name { get; init; }

    /// <summary>Asked for beside openid and profile; often the scope of the core's API.</summary>
    public string[] Scopes { get; init; } = [];

    /// <summary>Off only for a provider on a developer's own machine.</summary>
    public bool RequireHttps { get; init; } = true;
}

/// <summary>One that the console speaks.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class AllowedLanguageAttribute : ValidationAttribute
{
    public override bool IsValid(object? value) => value is string code && Languages.Language.All.Contains(code);

    public override string FormatErrorMessage(string name) => $"Console:{name} must be one of {string.Join(", ", Languages.Language.All)}.";
}

/// <summary>How the console shows distances and speeds.</summary>
public enum ConsoleUnits
{
    Kilometres,
    Miles,
}

using System.Text.Json.Serialization;

namespace SmartCity.Contracts.Api;

/// <summary>The body of <c>POST /api/access/sign-in</c>.</summary>
/// <param name="Code">Of the user's second factor; without one, a user who has a second factor is answered 401 with <c>"secondFactor": true</c>.</param>
public sealed record SignInRequest(string? Name, string? Password, string? Code = null);

/// <summary>What an authenticator needs, <c>POST /api/access/second-factor</c>; shown this once.</summary>
/// <param name="Secret">Base32, to be typed.</param>
/// <param name="Address"><c>otpauth://…</c></param>
/// <param name="QrSvg">The address as a picture, SVG.</param>
public sealed record SecondFactorOffer(string Secret, string Address, string QrSvg);

/// <param name="Code">Six digits, or one of the codes for when the authenticator is lost.</param>
public sealed record SecondFactorCode(string? Code);

/// <param name="RecoveryCodes">Each is good for one sign-in without the authenticator; shown this once.</param>
/// <param name="Session">All other sessions of the user have ended.</param>
public sealed record SecondFactorConfirmed(IReadOnlyList<string> RecoveryCodes, Session Session);

/// <summary>A passkey of the user who asks, <c>GET /api/access/passkeys</c>.</summary>
/// <param name="Id">The credential's id, base64url.</param>
public sealed record PasskeyView(string Id, string Name, DateTimeOffset CreatedAt);

/// <summary>The body of <c>POST /api/access/passkeys/options</c>.</summary>
public sealed record PasskeyOwner(string? Password);

/// <summary>What a browser is asked to sign; it can be answered once, within five minutes.</summary>
/// <param name="Options">JSON, for <c>PublicKeyCredential.parseCreationOptionsFromJSON</c> or <c>parseRequestOptionsFromJSON</c>.</param>
public sealed record PasskeyQuestion(Guid Question, string Options);

/// <summary>The body of <c>POST /api/access/passkeys</c>.</summary>
/// <param name="Credential">JSON of what <c>navigator.credentials.create</c> gave.</param>
public sealed record NewPasskey(Guid Question, string? Name, string? Credential);

/// <summary>The body of <c>POST /api/access/sign-in/passkey</c>.</summary>
/// <param name="Credential">JSON of what <c>navigator.credentials.get</c> gave.</param>
public sealed record PasskeyAnswer(Guid Question, string? Credential);

/// <summary>A session: <paramref name="Token"/> is sent as <c>Authorization: Bearer</c> with every call.</summary>
/// <param name="ExpiresAt">UTC; the session ends earlier if it is not used for a while.</param>
public sealed record Session(string Token, DateTimeOffset ExpiresAt, AccountView Account);

/// <summary>The user or key that asks, <c>GET /api/access/me</c>.</summary>
/// <param name="MustChangePassword">Whether the user must change the password before anything else.</param>
/// <param name="MustEnrol">Whether the user must set up a second factor before anything else.</param>
/// <param name="Stations">The stations of the groups that the user or key is limited to, which may be none; null for the whole city.</param>
public sealed record AccountView(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, bool MustChangePassword, bool MustEnrol = false, IReadOnlyList<string>? Stations = null);

/// <summary>The body of <c>POST /api/access/password</c>. All other sessions of the user end.</summary>
public sealed record PasswordChange(string? Current, string? New);

/// <summary>A user, <c>GET /api/access/users</c>.</summary>
public sealed record UserView
{
    public required Guid Id { get; init; }
    public required string Name { get; init; }
    public required IReadOnlyList<string> Roles { get; init; }
    public bool Disabled { get; init; }
    public bool MustChangePassword { get; init; }

    /// <summary>After too many wrong passwords, the address that they came from is locked out of this name until then; null if none is.</summary>
    public DateTimeOffset? LockedUntil { get; init; }
    public DateTimeOffset? LastSignIn { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The groups of stations that the user is limited to; empty for one who sees the whole city.</summary>
    public IReadOnlyList<string> Groups { get; init; } = [];
}

/// <param name="Groups">Groups of stations that the user is limited to; null or empty for the whole city.</param>
public sealed record NewUser(string? Name, IReadOnlyList<string>? Roles, IReadOnlyList<string>? Groups = null);

/// <summary>The body of <c>PUT /api/access/users/{id}</c>; a property that is null is not changed.</summary>
/// <param name="Groups">Groups of stations that the user is limited to; empty for the whole city.</param>
public sealed record UserChange(IReadOnlyList<string>? Roles = null, bool? Disabled = null, IReadOnlyList<string>? Groups = null);

/// <summary>A group of stations that users and keys may be limited to, <c>GET /api/access/groups</c>.</summary>
/// <param name="Users">Who is limited to it.</param>
/// <param name="Keys">API keys that are limited to it.</param>
public sealed record StationGroupView(string Name, IReadOnlyList<string> Stations, IReadOnlyList<string> Users, IReadOnlyList<string> Keys);

/// <summary>The body of <c>PUT /api/access/groups/{name}</c>.</summary>
/// <param name="Stations">Ids of stations, at least one.</param>
public sealed record StationGroupChange(IReadOnlyList<string>? Stations);

/// <summary>A new or reset password. It is shown only this once and must be changed at the next sign-in.</summary>
public sealed record UserPassword(UserView User, string Password);

/// <summary>An API key, <c>GET /api/access/keys</c>. The key itself is shown once, and only its SHA-256 is stored.</summary>
/// <param name="Prefix">Its first characters, to tell keys apart.</param>
public sealed record ApiKeyView(Guid Id, string Name, string Prefix, IReadOnlyList<string> Scopes, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt, IReadOnlyList<string>? Stations = null, IReadOnlyList<string>? Groups = null);

/// <param name="Groups">Groups of stations that the key is limited to; null or empty for the whole city.</param>
/// <param name="Stations">Only for a key with edge:config: the stations that it may ask about; null for all.</param>
/// <param name="ExpiresAt">The first moment at which it no longer works; null for never. A day alone is the last day on which it does.</param>
public sealed record NewApiKey(string? Name, IReadOnlyList<string>? Scopes, [property: JsonConverter(typeof(EndConverter))] DateTimeOffset? ExpiresAt = null, IReadOnlyList<string>? Stations = null, IReadOnlyList<string>? Groups = null);

/// <param name="Token">The key; it is shown only this once.</param>
public sealed record ApiKeyCreated(ApiKeyView Key, string Token);

/// <summary>A line of the audit, <c>GET /api/audit</c>.</summary>
/// <param name="Number">Counts from 1 without gaps.</param>
/// <param name="Action">What was done, such as <c>vehicles.search</c>, or method and route.</param>
/// <param name="Subject">What it was done to: a plate, an id, a path.</param>
/// <param name="Details">JSON, or null.</param>
/// <param name="Hash">SHA-256 over the line and the hash of the one before, hexadecimal.</param>
public sealed record AuditLine(long Number, DateTimeOffset At, string Actor, string Action, string? Subject, string? Reason, string? Details, string Hash);

/// <summary>Whether the audit's chain is whole, <c>GET /api/audit/check</c>.</summary>
/// <param name="Fault">What is wrong with the first line that does not fit; null if all lines do.</param>
public sealed record AuditVerdict(long Lines, string? Fault);

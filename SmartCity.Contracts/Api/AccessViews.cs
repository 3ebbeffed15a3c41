namespace SmartCity.Contracts.Api;

/// <summary>The body of <c>POST /api/access/sign-in</c>.</summary>
public sealed record SignInRequest(string? Name, string? Password);

/// <summary>A session: <paramref name="Token"/> is sent as <c>Authorization: Bearer</c> with every call.</summary>
/// <param name="ExpiresAt">UTC; earlier when nothing is asked for a while.</param>
public sealed record Session(string Token, DateTimeOffset ExpiresAt, AccountView Account);

/// <summary>Who asks, <c>GET /api/access/me</c>.</summary>
/// <param name="MustChangePassword">Nothing else is allowed before.</param>
public sealed record AccountView(string Name, IReadOnlyList<string> Roles, IReadOnlyList<string> Scopes, bool MustChangePassword);

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

    /// <summary>Too many wrong passwords: no sign-in before.</summary>
    public DateTimeOffset? LockedUntil { get; init; }
    public DateTimeOffset? LastSignIn { get; init; }
    public required DateTimeOffset CreatedAt { get; init; }
}

public sealed record NewUser(string? Name, IReadOnlyList<string>? Roles);

/// <summary>The body of <c>PUT /api/access/users/{id}</c>; what is null stays.</summary>
public sealed record UserChange(IReadOnlyList<string>? Roles = null, bool? Disabled = null);

/// <summary>A new or reset password, told this once; it is changed at the next sign-in.</summary>
public sealed record UserPassword(UserView User, string Password);

/// <summary>An API key, <c>GET /api/access/keys</c>. The key itself is told once and stored as its SHA-256 only.</summary>
/// <param name="Prefix">Its first characters, to tell keys apart.</param>
public sealed record ApiKeyView(Guid Id, string Name, string Prefix, IReadOnlyList<string> Scopes, string CreatedBy, DateTimeOffset CreatedAt, DateTimeOffset? ExpiresAt, DateTimeOffset? LastUsedAt, DateTimeOffset? RevokedAt, IReadOnlyList<string>? Stations = null);

/// <param name="Stations">For a key with edge:config alone: the stations whose cameras it tells of; null for all.</param>
public sealed record NewApiKey(string? Name, IReadOnlyList<string>? Scopes, DateTimeOffset? ExpiresAt = null, IReadOnlyList<string>? Stations = null);

/// <param name="Token">Shown this once.</param>
public sealed record ApiKeyCreated(ApiKeyView Key, string Token);

/// <summary>A line of the audit, <c>GET /api/audit</c>.</summary>
/// <param name="Number">Counts from 1 without gaps.</param>
/// <param name="Action">What was done, such as <c>vehicles.search</c>, or method and route.</param>
/// <param name="Subject">To what: a plate, an id, a path.</param>
/// <param name="Details">JSON, or null.</param>
/// <param name="Hash">SHA-256 over the line and the hash of the one before, hexadecimal.</param>
public sealed record AuditLine(long Number, DateTimeOffset At, string Actor, string Action, string? Subject, string? Reason, string? Details, string Hash);

/// <summary>Whether the chain holds, <c>GET /api/audit/check</c>.</summary>
/// <param name="Fault">The first link that does not; null when all do.</param>
public sealed record AuditVerdict(long Lines, string? Fault);

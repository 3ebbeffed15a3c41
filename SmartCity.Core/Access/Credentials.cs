using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

/// <summary>
/// Sessions and API keys by their tokens. An answer is kept for a few seconds: what another core revokes is over here after that,
/// what this one revokes at once.
/// </summary>
internal sealed class Credentials(NpgsqlDataSource dataSource, IOptions<AccessOptions> options, TimeProvider time) : IDisposable
{
    // Before a key's name, where it is named as who did something.
    private const string KeyActor = "key ";

    private static readonly TimeSpan Kept = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan SeenEvery = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _known = new(new MemoryCacheOptions());

    private readonly (byte[] Hash, Bearer Bearer)[] _services =
        [.. options.Value.ServiceKeys.Select(s => (AccessToken.Hash(s.Key), new Bearer(s.Name, Bearer.ServiceSubject + s.Name, [], s.Scopes, false, s.Stations)))];

    /// <summary>Who a token stands for; null when it is unknown, has ended or was revoked.</summary>
    /// <param name="background">Nobody is at it: the call does not count against the idle limit.</param>
    public async Task<Bearer?> FindAsync(string token, bool background, CancellationToken cancellationToken)
    {
        var hash = AccessToken.Hash(token);
        foreach (var service in _services)
        {
            if (CryptographicOperations.FixedTimeEquals(service.Hash, hash))
            {
                return service.Bearer;
            }
        }

        // What a background call has found must not hide the next one of a person, which counts.
        var name = (Convert.ToHexString(hash), background);
        if (_known.TryGetValue(name, out Bearer? known))
        {
            return known;
        }

        var bearer = token.StartsWith(AccessToken.SessionPrefix, StringComparison.Ordinal)
            ? await FindSessionAsync(hash, background, cancellationToken)
            : token.StartsWith(AccessToken.KeyPrefix, StringComparison.Ordinal) ? await FindKeyAsync(hash, cancellationToken) : null;
        return bearer is null ? null : _known.Set(name, bearer, Kept);
    }

    /// <summary>Opens a session.</summary>
    /// <param name="twoFactors">Whether two factors opened it, so that the user's role asks for no other.</param>
    /// <param name="change">The call's that it belongs to; null for one by itself.</param>
    public async Task<Session> OpenAsync(User user, CancellationToken cancellationToken, bool twoFactors = false, AuditedChange? change = null)
    {
        var token = AccessToken.New(AccessToken.SessionPrefix);
        var now = time.GetUtcNow();
        var expires = now + options.Value.SessionLifetime;
        var enrolled = twoFactors || await IsEnrolledAsync(user.Id, change, cancellationToken);
        await ExecuteAsync(
            change,
            "with old as (delete from sessions where expires_at < $3) insert into sessions (token_hash, user_id, created_at, expires_at, last_seen_at, two_factors) values ($1, $2, $3, $4, $3, $5)",
            cancellationToken, AccessToken.Hash(token), user.Id, now, expires, twoFactors);
        return new Session(token, expires, Bearer.Of(user, MustEnrol(user, enrolled), await OnlyAsync(user.Groups, cancellationToken)).View());
    }

    /// <summary>Ends a session, as a part of the call's change.</summary>
    public async Task CloseAsync(string token, AuditedChange change, CancellationToken cancellationToken)
    {
        ForgetAfter(change);
        await ExecuteAsync(change, "delete from sessions where token_hash = $1", cancellationToken, AccessToken.Hash(token));
    }

    /// <summary>Ends every session of a user, as a part of the call's change.</summary>
    public async Task CloseAllAsync(Guid user, AuditedChange change, CancellationToken cancellationToken)
    {
        ForgetAfter(change);
        await ExecuteAsync(change, "delete from sessions where user_id = $1", cancellationToken, user);
    }

    /// <summary>Whether there was such a key that was not revoked before. A part of the call's change.</summary>
    public async Task<bool> RevokeAsync(Guid key, AuditedChange change, CancellationToken cancellationToken)
    {
        ForgetAfter(change);
        return await ExecuteAsync(change, "update api_keys set revoked_at = $2 where id = $1 and revoked_at is null", cancellationToken, key, time.GetUtcNow()) == 1;
    }

    // Until it is committed, others may find what ends with it, and keep it for a moment.
    private void ForgetAfter(AuditedChange change) => change.Afterwards(_known.Clear);

    /// <summary>
    /// Revokes, in the transaction of the caller's connection, those keys that a user made, or that were made with such a key, and that may more
    /// than the user may now; gives them. Sessions and keys known here are to be forgotten once that is committed: <see cref="CloseAllAsync"/>.
    /// </summary>
    /// <param name="scopes">What the user may do now; nothing when disabled.</param>
    public async Task<List<(Guid Id, string Name)>> RevokeBeyondAsync(NpgsqlConnection connection, string user, string[] scopes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with recursive made as (
                select id, name from api_keys where created_by = $1
                union
                select k.id, k.name from api_keys k join made m on k.created_by = $4 || m.name)
            update api_keys set revoked_at = $3 where id in (select id from made) and revoked_at is null and not scopes <@ $2 returning id, name
            """,
            connection);
        command.With(user, scopes, time.GetUtcNow(), KeyActor);
        return await command.ReadAllAsync(r => (r.GetGuid(0), r.GetString(1)), cancellationToken);
    }

    /// <summary>Ends every session of the users that are limited to a group of stations, as a part of the call's change.</summary>
    public async Task CloseGroupAsync(string group, AuditedChange change, CancellationToken cancellationToken)
    {
        ForgetAfter(change);
        await ExecuteAsync(change, "delete from sessions where user_id in (select id from users where $1 = any(groups))", cancellationToken, group);
    }

    public void Dispose() => _known.Dispose();

    private async Task<Bearer?> FindSessionAsync(byte[] hash, bool background, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            """
            select u.id, u.user_name, u.roles, u.must_change_password, s.last_seen_at, s.two_factors or exists (select from second_factors f where f.user_id = u.id and f.confirmed_at is not null), u.groups
            from sessions s join users u on u.id = s.user_id
            where s.token_hash = $1 and s.expires_at > $2 and s.last_seen_at > $3 and not u.disabled
            """);
        command.With(hash, now, now - options.Value.SessionIdle);
        if (await command.ReadAllAsync(
            r => (
                User: new User { Id = r.GetGuid(0), UserName = r.GetString(1), Roles = r.GetFieldValue<string[]>(2), MustChangePassword = r.GetBoolean(3), Groups = r.GetFieldValue<string[]>(6) },
                Seen: r.GetFieldValue<DateTimeOffset>(4),
                Enrolled: r.GetBoolean(5)),
            cancellationToken) is not [var (user, seen, enrolled)])
        {
            return null;
        }

        if (!background && now - seen > SeenEvery)
        {
            await ExecuteAsync(null, "update sessions set last_seen_at = $2 where token_hash = $1", cancellationToken, hash, now);
        }

        return Bearer.Of(user, MustEnrol(user, enrolled), await OnlyAsync(user.Groups, cancellationToken));
    }

    private async Task<Bearer?> FindKeyAsync(byte[] hash, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            "select id, name, scopes, last_used_at, stations, groups from api_keys where token_hash = $1 and revoked_at is null and (expires_at is null or expires_at > $2)");
        command.With(hash, now);
        if (await command.ReadAllAsync(
            r => (
                Id: r.GetGuid(0), Name: r.GetString(1), Scopes: r.GetFieldValue<string[]>(2), Stale: r.IsDBNull(3) || now - r.GetFieldValue<DateTimeOffset>(3) > SeenEvery,
                Stations: r.IsDBNull(4) ? null : r.GetFieldValue<string[]>(4), Groups: r.GetFieldValue<string[]>(5)),
            cancellationToken) is not [var key])
        {
            return null;
        }

        if (key.Stale)
        {
            await ExecuteAsync(null, "update api_keys set last_used_at = $2 where id = $1", cancellationToken, key.Id, now);
        }

        var only = await OnlyAsync(key.Groups, cancellationToken);
        return new Bearer(KeyActor + key.Name, key.Id.ToString(), [], Bearer.Within(key.Scopes, only), false, key.Stations, Only: only);
    }

    // Of somebody in a group that is not there any more nothing is left to see.
    private async Task<IReadOnlyList<string>?> OnlyAsync(string[] groups, CancellationToken cancellationToken)
    {
        if (groups.Length == 0)
        {
            return null;
        }

        await using var command = dataSource.CreateCommand("select distinct station from station_groups g cross join unnest(g.stations) as station where g.name = any($1) order by station");
        command.With([groups]);
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    private bool MustEnrol(User user, bool enrolled) => !enrolled && user.Roles.Intersect(options.Value.SecondFactorRoles).Any();

    private async Task<bool> IsEnrolledAsync(Guid user, AuditedChange? change, CancellationToken cancellationToken)
    {
        await using var command = await AuditedChange.CommandAsync(change, dataSource, "select exists (select from second_factors where user_id = $1 and confirmed_at is not null)", cancellationToken);
        command.With(user);
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    private async Task<int> ExecuteAsync(AuditedChange? change, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = await AuditedChange.CommandAsync(change, dataSource, sql, cancellationToken);
        command.With(values);
        return await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

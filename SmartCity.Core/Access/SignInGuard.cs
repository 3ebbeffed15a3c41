using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

/// <summary>
/// Counts wrong passwords and codes by the name that was meant and the address that they came from. Five from one address lock that address out
/// of that name; many from many addresses lock out all addresses from which the user has not signed in before. So nobody locks out a user at their desk.
/// </summary>
internal sealed class SignInGuard(NpgsqlDataSource dataSource, TimeProvider time)
{
    private const int MostFromAnAddress = 5;
    private const int MostOfAName = 50;
    private static readonly TimeSpan LockedOut = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Kept = TimeSpan.FromDays(1);
    private static readonly TimeSpan Known = TimeSpan.FromDays(90);

    /// <summary>Where a person sits. The console signs people in for them and says whence they came; nobody else is believed, no edge and no other program.</summary>
    public static string AddressOf(HttpContext http) =>
        IsConsole(http.User) && http.Request.Headers[ClientAddress.Header].ToString() is { Length: > 0 and <= 64 } given
            ? given
            : http.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    // A key of the product's own services, with the scope that the console's calls before a sign-in need.
    private static bool IsConsole(ClaimsPrincipal caller) =>
        caller.FindFirstValue(ClaimTypes.NameIdentifier)?.StartsWith(Bearer.ServiceSubject, StringComparison.Ordinal) == true && caller.HasClaim(Scope.Claim, Scope.LiveRead) && Bearer.StationsOf(caller) is null;

    /// <param name="user">Id of the user of that name; null if there is none.</param>
    public async Task<bool> IsLockedAsync(string name, Guid? user, string address, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            """
            select exists (select from sign_in_failures where name = $1 and address = $2 and locked_until > $3)
                or (select coalesce(sum(count), 0) >= $4 from sign_in_failures where name = $1 and first_at > $5)
                   and not exists (select from sign_in_addresses where user_id = $6 and address = $2 and last_at > $7)
            """);
        foreach (var value in (object[])[Normal(name), address, now, MostOfAName, now - LockedOut, user ?? Guid.Empty, now - Known])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Guesses that are made at once count each.</summary>
    public async Task FailedAsync(string name, string address)
    {
        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            """
            with old as (delete from sign_in_failures where first_at < $6)
            insert into sign_in_failures as f (name, address, count, first_at) values ($1, $2, 1, $3)
            on conflict (name, address) do update set
                count = case when f.first_at < $4 then 1 else f.count + 1 end,
                first_at = case when f.first_at < $4 then $3 else f.first_at end,
                locked_until = case when f.first_at >= $4 and f.count + 1 >= $5 then $3 + ($3 - $4) else f.locked_until end
            """);
        foreach (var value in (object[])[Normal(name), address, now, now - LockedOut, MostFromAnAddress, now - Kept])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Signed in: the address is known, and its wrong guesses are forgotten.</summary>
    public async Task SucceededAsync(string name, Guid user, string address, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with forgotten as (delete from sign_in_failures where name = $1 and address = $2)
            insert into sign_in_addresses (user_id, address, last_at) values ($3, $2, $4) on conflict (user_id, address) do update set last_at = excluded.last_at
            """);
        foreach (var value in (object[])[Normal(name), address, user, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>An administrator lets a user in again, from wherever.</summary>
    public static async Task ForgetAsync(string name, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("delete from sign_in_failures where name = $1", cancellationToken);
        command.Parameters.Add(new() { Value = Normal(name) });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Until when some address is locked out of each name.</summary>
    public async Task<IReadOnlyDictionary<string, DateTimeOffset>> LockedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select name, max(locked_until) from sign_in_failures where locked_until > $1 group by name");
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return (await command.ReadAllAsync(r => (Name: r.GetString(0), Until: r.Time(1)), cancellationToken)).ToDictionary(r => r.Name, r => r.Until, StringComparer.Ordinal);
    }

    /// <summary>Names are the same in any case.</summary>
    public static string Normal(string name) => name.Trim().ToUpperInvariant() is var upper && upper.Length > 256 ? upper[..256] : name.Trim().ToUpperInvariant();
}

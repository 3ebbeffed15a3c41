using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Lake.Relay;

namespace SmartCity.Lake.Foreign;

/// <summary>The lake as a foreign server of Postgres, with which a statement that joins it with live tables runs in Postgres.</summary>
internal sealed class ForeignServer(Backend backend, ForeignLogin login, IOptions<LakeOptions> options)
{
    public const string Name = "smartcity_lake";

    private const string Before = "before_extension";
    private const int SecretBytes = 24;

    // A lake that has gone without a word must not hold a session of Postgres for hours.
    private static readonly Dictionary<string, string> Always = new(StringComparer.Ordinal)
    {
        ["dbname"] = "lake",
        ["use_remote_estimate"] = "true",
        ["fetch_size"] = "10000",
        ["fdw_tuple_cost"] = "1",
        ["updatable"] = "false",
        ["connect_timeout"] = "10",
        ["keepalives"] = "1",
        ["keepalives_idle"] = "30",
        ["keepalives_interval"] = "10",
        ["keepalives_count"] = "3",
        ["tcp_user_timeout"] = "60000",
    };

    /// <summary>Makes it, or leads it to where the lake listens now.</summary>
    /// <param name="listening">Where it does.</param>
    /// <param name="leads">False if Postgres reaches the lake where it leads now, be that another process: that is left.</param>
    /// <returns>Why there is none, as a sentence; null if there is one.</returns>
    public async Task<string?> EnsureAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IPEndPoint listening, bool leads, CancellationToken cancellationToken)
    {
        if (AddressOf(listening) is not var (host, port))
        {
            return options.Value.ForeignAddress is "" ? "Lake:ForeignAddress is empty." : "Postgres is not on this machine. Set Lake:ForeignAddress to the host and port at which it reaches SmartCity.Lake, such as lake:5433.";
        }

        await transaction.SaveAsync(Before, cancellationToken);
        try
        {
            if (await AskAsync("select 1 from pg_extension where extname = 'postgres_fdw'") is null)
            {
                // Not in public, with which `reset` would take it away.
                await AskAsync("create extension postgres_fdw schema pg_catalog");
            }

            if (await AskAsync($"select r.rolname || '/' || current_user from pg_foreign_server s join pg_roles r on r.oid = s.srvowner where s.srvname = '{Name}' and not pg_has_role(s.srvowner, 'usage')") is string other)
            {
                var (owner, own) = (other.Split('/')[0], other.Split('/')[1]);
                return $"the foreign server {Name} belongs to the role {owner}. As a superuser, run in this database: alter server {Name} owner to \"{own}\".";
            }

            if (await AskAsync($"select coalesce(srvoptions, '{{}}') from pg_foreign_server where srvname = '{Name}'") is not string[] has)
            {
                await AskAsync($"create server {Name} foreign data wrapper postgres_fdw options ({string.Join(", ", Wanted(host, port).Select(o => $"{o.Key} {Literal(o.Value)}"))})");
            }
            else if (leads && Wanted(host, port).Where(o => !has.Contains($"{o.Key}={o.Value}")).ToList() is { Count: > 0 } others)
            {
                await AskAsync($"alter server {Name} options ({string.Join(", ", others.Select(o => $"{(Array.Exists(has, k => k.StartsWith(o.Key + '=', StringComparison.Ordinal)) ? "set" : "add")} {o.Key} {Literal(o.Value)}"))})");
            }

            if (await AskAsync($"select 1 from pg_user_mappings where srvname = '{Name}' and umuser = 0") is null)
            {
                await AskAsync($"create user mapping for public server {Name} options (user '{ForeignLogin.User}', password '{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes))}')");
            }

            login.Secret = await AskAsync($"select substr(o, 10) from pg_user_mappings, unnest(umoptions) as o where srvname = '{Name}' and umuser = 0 and o like 'password=%'") as string;
            return login.Secret is null ? $"the user mapping of the foreign server {Name} has no password. Run in this database: drop user mapping for public server {Name}." : null;
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.InsufficientPrivilege or PostgresErrorCodes.FeatureNotSupported or PostgresErrorCodes.UndefinedFile or PostgresErrorCodes.UndefinedObject)
        {
            await transaction.RollbackAsync(Before, cancellationToken);
            return e.SqlState == PostgresErrorCodes.InsufficientPrivilege
                ? $"Postgres' extension postgres_fdw is not there for the owner of the database ({e.MessageText}). As a superuser, run in this database: create extension if not exists postgres_fdw schema pg_catalog; grant usage on foreign data wrapper postgres_fdw to its owner."
                : $"this Postgres does not have the extension postgres_fdw, which is in the package of its contrib modules ({e.MessageText}).";
        }

        async Task<object?> AskAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection, transaction);
            return await command.ExecuteScalarAsync(cancellationToken) is { } value and not DBNull ? value : null;
        }
    }

    private (string Host, string Port)? AddressOf(IPEndPoint listening)
    {
        if (options.Value.ForeignAddress is not { } given)
        {
            var host = listening.Address.Equals(IPAddress.Any) ? IPAddress.Loopback : listening.Address;
            return backend.IsHere ? (host.ToString(), listening.Port.ToString(CultureInfo.InvariantCulture)) : null;
        }

        var colon = given.LastIndexOf(':');
        return given.Length == 0 ? null : colon < 0 ? (given, listening.Port.ToString(CultureInfo.InvariantCulture)) : (given[..colon].Trim('[', ']'), given[(colon + 1)..]);
    }

    // Both are always said, so that what was said before does not stay. Without the authority Postgres cannot know whose certificate it is, and still encrypts.
    private IEnumerable<KeyValuePair<string, string>> Wanted(string host, string port)
    {
        var authority = options.Value.ForeignAuthorityFile is { Length: > 0 } file ? file : "";
        var isSecure = options.Value.SecurePort?.ToString(CultureInfo.InvariantCulture) == port;
        return [.. Always, new("host", host), new("port", port), new("sslmode", authority.Length > 0 ? "verify-full" : isSecure ? "require" : "prefer"), new("sslrootcert", authority)];
    }

    private static string Literal(string value) => Sql.Translator.Quote(value);
}

using System.Globalization;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;

namespace SmartCity.Core.Sql;

/// <summary>The core's way to SmartCity.Lake: as a reader who changes nothing, never as the owner of the database, and with plates only for who may see them.</summary>
internal sealed class SqlLake(IOptions<SqlOptions> options, PostgresConnection postgres, ChargingCity city)
{
    private const int ConnectSeconds = 15;
    private const int DefaultPort = 5433;

    /// <summary>Why there is no way, and what to do; null if there is one.</summary>
    public string? Missing =>
        options.Value.Address is not { Length: > 0 } ? "SQL is not set up. Start SmartCity.Lake, and set Core:Sql:Address to its host and port, and Core:Sql:Role and Core:Sql:Password to a role that it admits."
        : options.Value.Role is not { Length: > 0 } ? "SQL is not set up: Core:Sql:Role is missing. Set it, and Core:Sql:Password, to a role that was admitted without plates: select city.admit('ROLE')."
        : null;

    public bool HasPlates => options.Value.PlatesRole is { Length: > 0 };

    /// <summary>A connection of its own for one statement.</summary>
    /// <param name="plates">Whether it is for somebody who may see plates.</param>
    /// <exception cref="SqlFailedException">There is no way, or the role is not one for this.</exception>
    public async Task<(NpgsqlConnection Connection, bool SeesPlates)> OpenAsync(bool plates, CancellationToken cancellationToken)
    {
        if (Missing is { } missing)
        {
            throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, missing);
        }

        var role = plates && HasPlates ? options.Value.PlatesRole! : options.Value.Role!;
        await using var source = Source(role, plates && HasPlates ? options.Value.PlatesPassword : options.Value.Password);
        var connection = source.CreateConnection();
        try
        {
            await connection.OpenAsync(cancellationToken);
            var sees = await CheckAsync(connection, role, plates, cancellationToken);
            return (connection, sees);
        }
        catch (PostgresException e)
        {
            await connection.DisposeAsync();
            throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, $"SmartCity.Lake at {options.Value.Address} does not let in the role {role}: {e.MessageText}. It must be admitted to the schema city, with the password of Core:Sql.");
        }
        catch (NpgsqlException e)
        {
            await connection.DisposeAsync();
            throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, $"SmartCity.Lake does not answer at {options.Value.Address}: {e.InnerException?.Message ?? e.Message}. Start it, or correct Core:Sql:Address.");
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private static async Task<bool> CheckAsync(NpgsqlConnection connection, string role, bool plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select city.sees_plates(), pg_catalog.pg_has_role(session_user, d.datdba, 'member') from pg_catalog.pg_database d where d.datname = pg_catalog.current_database()", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var (sees, isOwner) = (reader.GetBoolean(0), reader.GetBoolean(1));
        return isOwner ? throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, $"The role {role} owns the database or may act for its owner, so nothing is run as it. Set Core:Sql to a role that does not.")
            : sees && !plates ? throw new SqlFailedException(StatusCodes.Status503ServiceUnavailable, $"The role {role} sees plates, and Core:Sql:Role must not: select city.admit('{role}', plates => false).")
            : sees;
    }

    private NpgsqlDataSource Source(string role, string? password)
    {
        var (host, port) = options.Value.Address!.LastIndexOf(':') is var colon and > 0 && int.TryParse(options.Value.Address.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var given)
            ? (options.Value.Address[..colon], given) : (options.Value.Address, DefaultPort);
        var settings = new NpgsqlConnectionStringBuilder
        {
            Host = host,
            Port = port,
            Database = new NpgsqlConnectionStringBuilder(postgres.ConnectionString).Database,
            Username = role,
            Password = password,
            ApplicationName = "smartcity-console",
            Pooling = false,
            Timeout = ConnectSeconds,
            CommandTimeout = 0,

            // What Postgres' certificate is bound to is not what the lake shows.
            ChannelBinding = ChannelBinding.Disable,
            Options = string.Create(CultureInfo.InvariantCulture, $"-c default_transaction_read_only=on -c statement_timeout={options.Value.Timeout.TotalMilliseconds:0} -c TimeZone={city.TimeZone}"),
        };
        if (options.Value.AuthorityFile is { Length: > 0 } authority)
        {
            (settings.SslMode, settings.RootCertificate) = (SslMode.VerifyFull, authority);
        }

        var source = new NpgsqlDataSourceBuilder(settings.ConnectionString);

        // A person's statement may name a plate, which no trace shows.
        source.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => false).ConfigureBatchFilter(_ => false));
        source.ConfigureTypeLoading(types => types.EnableTypeLoading(false));
        PostgresConnection.KeepRowsOutOfErrors(source);
        PostgresConnection.NoticeWhatIsGone(source);
        return source.Build();
    }
}

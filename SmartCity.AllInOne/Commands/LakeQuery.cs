using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Npgsql;
using SmartCity.Lake;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Commands;

/// <summary>
/// <c>smartcity lake query</c>: one statement of the one SQL, as its owner, who can change nothing by it. The lake of a city that runs lets no owner in, so the command has one of
/// its own each time.
/// </summary>
internal static class LakeQuery
{
    private const string LocalHost = "127.0.0.1";
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(1);

    /// <summary>Prints the rows, one JSON object a line; what Postgres notices goes to stderr.</summary>
    /// <exception cref="InvalidOperationException">The statement fails; the message says why.</exception>
    public static async Task<int> RunAsync(string sql, string data, string postgres, string objects, CancellationToken cancellationToken)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var host = Host(listener, data, postgres, objects, await ReachesAsync(postgres, cancellationToken));
        await host.StartAsync(cancellationToken);
        try
        {
            await ReadyAsync(host.Services.GetRequiredService<WorkerHealth>(), cancellationToken);
            return await PrintAsync(sql, postgres, ((IPEndPoint)listener.LocalEndpoint).Port, cancellationToken);
        }
        finally
        {
            await host.StopAsync(CancellationToken.None);
        }
    }

    private static async Task ReadyAsync(WorkerHealth health, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (health.Reports.FirstOrDefault(r => r.State is WorkerState.Starting or WorkerState.Failed) is { } waiting)
        {
            if (TimeProvider.System.GetElapsedTime(started) > ReadyWithin)
            {
                throw new InvalidOperationException($"The lake's SQL is not ready: {waiting.Detail}");
            }

            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
        }
    }

    private static IHost Host(TcpListener listener, string data, string postgres, string objects, bool isServed)
    {
        var builder = new HostApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        builder.Configuration.AddEnvironmentVariables();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:postgres"] = postgres,
            ["ConnectionStrings:objects"] = objects,
            ["Lake:Folder"] = Path.Combine(data, "lake-query"),
            ["Lake:Analyst"] = "",
        });
        if (isServed)
        {
            builder.Configuration.AddInMemoryCollection([new("Lake:ForeignAddress", "")]);
        }

        AllInOneHost.Log(builder.Logging);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddSingleton(TimeProvider.System).AddSingleton<WorkerHealth>().AddSingleton(listener).AddSingleton(new OwnerAtTheDoor(new NpgsqlConnectionStringBuilder(postgres).Username ?? ""));
        builder.AddLake();
        return builder.Build();
    }

    // Then Postgres asks another lake, of a city that runs, which must not lose it.
    private static async Task<bool> ReachesAsync(string postgres, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = new NpgsqlConnection(new NpgsqlConnectionStringBuilder(postgres) { Pooling = false }.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand("explain select id from city_lake.stations", connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
            return true;
        }
        catch (NpgsqlException)
        {
            return false; // no city runs, or none that Postgres reaches
        }
    }

    private static async Task<int> PrintAsync(string sql, string postgres, int port, CancellationToken cancellationToken)
    {
        var settings = new NpgsqlConnectionStringBuilder(postgres) { Host = LocalHost, Port = port, SslMode = SslMode.Disable, Options = "-c default_transaction_read_only=on", CommandTimeout = 0, Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notice += (_, notice) => Console.Error.WriteLine($"smartcity: {notice.Notice.MessageText}");
        try
        {
            await connection.OpenAsync(cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection);
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                var row = new Dictionary<string, object?>(StringComparer.Ordinal);
                for (var i = 0; i < reader.FieldCount; i++)
                {
                    row[reader.GetName(i)] = reader.GetValue(i) is var value and not DBNull ? value : null;
                }

                await Console.Out.WriteLineAsync(JsonSerializer.Serialize(row, Plain));
            }

            return 0;
        }
        catch (PostgresException e)
        {
            throw new InvalidOperationException(e.Hint is null ? e.MessageText : $"{e.MessageText}. {e.Hint}", e);
        }
    }

    // Names as the statement has them.
    private static readonly JsonSerializerOptions Plain = new(JsonLines.Options) { DictionaryKeyPolicy = null };
}

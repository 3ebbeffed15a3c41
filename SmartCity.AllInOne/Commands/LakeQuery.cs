using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;
using Npgsql;
using SmartCity.Lake;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Commands;

/// <summary>
/// <c>smartcity lake query</c>: one statement of the one SQL, as its owner, that reads. The lake of a city that runs lets no owner in, so the command has one of
/// its own each time.
/// </summary>
internal static partial class LakeQuery
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
        var settings = new NpgsqlConnectionStringBuilder(postgres) { Host = LocalHost, Port = port, SslMode = SslMode.Disable, Options = "-c default_transaction_read_only=on -c timezone=UTC", CommandTimeout = 0, Pooling = false };
        await using var connection = new NpgsqlConnection(settings.ConnectionString);
        connection.Notice += (_, notice) => Console.Error.WriteLine($"smartcity: {notice.Notice.MessageText}");
        if (!Reads().IsMatch(sql))
        {
            throw new InvalidOperationException("lake query takes one statement that reads: SELECT, WITH, VALUES, TABLE, EXPLAIN or SHOW.");
        }

        try
        {
            await connection.OpenAsync(cancellationToken);
            var columns = await ColumnsAsync(sql, connection, cancellationToken);
            await using var command = new NpgsqlCommand(sql, connection) { UnknownResultTypeList = [.. columns.Select(c => !IsArray(c.Type))] };
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                using var line = new MemoryStream();
                await using (var json = new Utf8JsonWriter(line, new JsonWriterOptions { Encoder = JsonLines.Options.Encoder }))
                {
                    json.WriteStartObject();
                    for (var i = 0; i < columns.Count; i++)
                    {
                        json.WritePropertyName(columns[i].Name);
                        Write(json, columns[i].Type, reader, i);
                    }

                    json.WriteEndObject();
                }

                await Console.Out.WriteLineAsync(Encoding.UTF8.GetString(line.GetBuffer(), 0, (int)line.Length));
            }

            return 0;
        }
        catch (PostgresException e)
        {
            throw new InvalidOperationException(e.Hint is null ? e.MessageText : $"{e.MessageText}. {e.Hint}", e);
        }
    }

    // Postgres itself says whether it is one statement; nothing runs yet. A name that comes again has its place behind it.
    private static async Task<List<(string Name, string Type)>> ColumnsAsync(string sql, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var batch = new NpgsqlBatch(connection) { BatchCommands = { new NpgsqlBatchCommand(sql) } };
        await using var reader = await batch.ExecuteReaderAsync(System.Data.CommandBehavior.SchemaOnly, cancellationToken);
        var (columns, names) = (new List<(string, string)>(), new HashSet<string>(StringComparer.Ordinal));
        for (var i = 0; i < reader.FieldCount; i++)
        {
            var name = reader.GetName(i);
            for (var place = 2; !names.Add(name); place++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{reader.GetName(i)}_{place}");
            }

            columns.Add((name, reader.GetDataTypeName(i)));
        }

        return columns;
    }

    private static void Write(Utf8JsonWriter json, string type, NpgsqlDataReader reader, int column)
    {
        if (reader.IsDBNull(column))
        {
            json.WriteNullValue();
        }
        else if (IsArray(type))
        {
            JsonSerializer.Serialize(json, reader.GetValue(column), Elements);
        }
        else
        {
            Write(json, type, reader.GetString(column));
        }
    }

    private static void Write(Utf8JsonWriter json, string type, string text)
    {
        switch (type)
        {
            case "boolean":
                json.WriteBooleanValue(text == "t");
                break;
            case "smallint" or "integer" or "bigint" or "numeric" or "real" or "double precision" when JsonNumber().IsMatch(text):
                json.WriteRawValue(text);
                break;
            case "json" or "jsonb":
                json.WriteRawValue(text);
                break;
            case "timestamp with time zone":
                json.WriteStringValue(UtcTime().Replace(text, "$1T$2Z"));
                break;
            case "timestamp without time zone":
                json.WriteStringValue(LocalTime().Replace(text, "$1T$2"));
                break;
            default:
                json.WriteStringValue(text);
                break;
        }
    }

    private static bool IsArray(string type) => type.EndsWith("[]", StringComparison.Ordinal);

    [GeneratedRegex(@"^(?>\s+|--[^\r\n]*|/\*(?>[^*]+|\*(?!/))*\*/|\()*(select|with|values|table|explain|show)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Reads();

    [GeneratedRegex(@"^-?(0|[1-9][0-9]*)(\.[0-9]+)?(e[+-]?[0-9]+)?$")]
    private static partial Regex JsonNumber();

    [GeneratedRegex(@"^(\d{4}-\d\d-\d\d) ([0-9:.]+)\+00$")]
    private static partial Regex UtcTime();

    [GeneratedRegex(@"^(\d{4}-\d\d-\d\d) ([0-9:.]+)$")]
    private static partial Regex LocalTime();

    private static readonly JsonSerializerOptions Elements = new(JsonLines.Options) { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };
}

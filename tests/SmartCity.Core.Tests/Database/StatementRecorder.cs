using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Npgsql;

namespace SmartCity.Core.Tests.Database;

/// <summary>A statement of the core, with the Postgres types of its parameters.</summary>
public sealed record Statement(string Sql, IReadOnlyList<string> Types);

/// <summary>
/// Stands between the tests and Postgres and writes down which statements the core sends. With RECORD_STATEMENTS=FILE a run of all tests makes the file of a
/// release: one JSON object a line. docs/operations.md says when.
/// </summary>
internal sealed partial class StatementRecorder : IDisposable
{
    private const byte Parse = (byte)'P';
    private const int MayBeTls = 80877103;
    private const int MayBeGss = 80877104;

    private readonly ConcurrentDictionary<(string Sql, string Types), bool> _seen = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly string _server;

    /// <param name="folder">Where it listens, as Postgres would.</param>
    /// <param name="server">Folder of the server's own socket.</param>
    public StatementRecorder(string folder, string server)
    {
        _server = server;
        Directory.CreateDirectory(folder);
        _listener.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, ".s.PGSQL.5432")));
        _listener.Listen(100);
        _ = AcceptAsync();
    }

    /// <summary>Those that say something of the schema, in one order always.</summary>
    /// <param name="data">Knows the names of types, and the schema.</param>
    public async Task WriteAsync(NpgsqlDataSource data, string file)
    {
        var statements = new List<Statement>();
        if (File.Exists(file))
        {
            // A test with a server of its own has written some.
            statements.AddRange((await File.ReadAllLinesAsync(file)).Select(l => JsonSerializer.Deserialize<Statement>(l, JsonSerializerOptions.Web)!));
        }

        var known = statements.Select(s => (s.Sql, string.Join(' ', s.Types))).ToHashSet();
        foreach (var (sql, types) in _seen.Keys.OrderBy(s => s.Sql, StringComparer.Ordinal).ThenBy(s => s.Types, StringComparer.Ordinal))
        {
            await using var names = data.CreateCommand("select coalesce(format_type(nullif(t, 0)::oid, null), 'unknown') from unnest($1) with ordinality as t (t, n) order by n");
            names.Parameters.Add(new() { Value = types.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse).ToArray() });
            await using var reader = await names.ExecuteReaderAsync();
            var named = new List<string>();
            while (await reader.ReadAsync())
            {
                named.Add(reader.GetString(0));
            }

            await reader.DisposeAsync();
            var statement = new Statement(sql, named);
            if (IsOfSchema(sql) && known.Add((sql, string.Join(' ', named))) && await StatementCheck.FaultAsync(data, statement) is null)
            {
                statements.Add(statement);
            }
        }

        var options = new JsonSerializerOptions(JsonSerializerOptions.Web) { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        await File.WriteAllLinesAsync(file, statements.Select(s => JsonSerializer.Serialize(s, options)).Order(StringComparer.Ordinal));
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        _stop.Dispose();
    }

    // Not those of the tests themselves that name a day's table or make something.
    private static bool IsOfSchema(string sql) => Kind().IsMatch(sql) && !DayTable().IsMatch(sql) && !sql.Contains("pg_catalog", StringComparison.Ordinal);

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                _ = CarryAsync(new NetworkStream(await _listener.AcceptAsync(_stop.Token), ownsSocket: true));
            }
            catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task CarryAsync(NetworkStream client)
    {
        await using (client)
        {
            try
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(_server, ".s.PGSQL.5432")));
                await using var server = new NetworkStream(socket, ownsSocket: true);
                await await Task.WhenAny(HearAsync(client, server), server.CopyToAsync(client, _stop.Token));
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One end has closed, or there is no server for now.
            }
        }
    }

    // Messages of the client: a length without a kind until it has asked whether the way can be encrypted and has said who it is, then a kind and a length each.
    private async Task HearAsync(NetworkStream client, NetworkStream server)
    {
        var head = new byte[5];
        var first = true;
        while (true)
        {
            var prefix = first ? 0 : 1;
            await client.ReadExactlyAsync(head.AsMemory(0, prefix + 4), _stop.Token);
            var body = new byte[BinaryPrimitives.ReadInt32BigEndian(head.AsSpan(prefix)) - 4];
            await client.ReadExactlyAsync(body, _stop.Token);
            if (!first && head[0] == Parse)
            {
                Note(body);
            }

            await server.WriteAsync(head.AsMemory(0, prefix + 4), _stop.Token);
            await server.WriteAsync(body, _stop.Token);
            first = first && BinaryPrimitives.ReadInt32BigEndian(body) is (MayBeTls or MayBeGss);
        }
    }

    private void Note(ReadOnlySpan<byte> body)
    {
        body = body[(body.IndexOf((byte)0) + 1)..];
        var end = body.IndexOf((byte)0);
        var sql = Encoding.UTF8.GetString(body[..end]);
        var types = new StringBuilder();
        for (var rest = body[(end + 3)..]; rest.Length >= 4; rest = rest[4..])
        {
            types.Append(BinaryPrimitives.ReadInt32BigEndian(rest)).Append(' ');
        }

        _seen[(sql, types.ToString())] = true;
    }

    [GeneratedRegex(@"^\s*(select|insert|update|delete|with|copy)\b", RegexOptions.IgnoreCase)]
    private static partial Regex Kind();

    [GeneratedRegex(@"sightings_\d{8}")]
    private static partial Regex DayTable();
}

/// <summary>Whether a statement fits a schema.</summary>
internal static partial class StatementCheck
{
    /// <summary>What Postgres has against it; null when nothing.</summary>
    public static async Task<string?> FaultAsync(NpgsqlDataSource data, Statement statement)
    {
        var sql = statement.Sql;
        if (Copy().Match(sql) is { Success: true } copy)
        {
            sql = $"select {copy.Groups["columns"].Value} from {copy.Groups["table"].Value}";
        }

        var types = statement.Types.Count == 0 ? "" : $" ({string.Join(", ", statement.Types)})";
        try
        {
            await using var connection = await data.OpenConnectionAsync();
            await using var prepare = new NpgsqlCommand($"prepare of_release{types} as {sql}", connection);
            await prepare.ExecuteNonQueryAsync();
            try
            {
                // Only a plan says whether there is the constraint that "on conflict" names. Nothing is executed.
                var values = statement.Types.Count == 0 ? "" : $" ({string.Join(", ", statement.Types.Select(_ => "null"))})";
                await using var plan = new NpgsqlCommand($"explain execute of_release{values}", connection);
                await plan.ExecuteNonQueryAsync();
                return null;
            }
            finally
            {
                await using var forget = new NpgsqlCommand("deallocate of_release", connection);
                await forget.ExecuteNonQueryAsync();
            }
        }
        catch (PostgresException e)
        {
            return e.MessageText;
        }
    }

    [GeneratedRegex(@"^\s*copy\s+(?<table>\w+)\s*\((?<columns>[^)]*)\)\s+from", RegexOptions.IgnoreCase)]
    private static partial Regex Copy();
}

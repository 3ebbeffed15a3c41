using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using SmartCity.Lake.Relay;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Foreign;

/// <summary>
/// The conversation of postgres_fdw: settings, transactions, the first line of an EXPLAIN, and cursors. Anything else is refused. Each cursor sees the lake as it is when its first rows are
/// fetched.
/// </summary>
internal sealed partial class ForeignSession(Stream client, MessageReader reader, ForeignStatements statements, Cancellations cancellations, FetchedRows fetched, ILogger logger)
{
    private const int FlushBytes = 64 * 1024;
    private const int KeyBytes = 8;
    private const string Advice = "Keep that part in Postgres: put the table into a subquery that ends with OFFSET 0, and do the rest outside of it.";

    private readonly Dictionary<string, ForeignCursor> _cursors = new(StringComparer.Ordinal);
    private readonly MessageWriter _answer = new();
    private readonly Lock _lock = new();
    private CancellationTokenSource? _running;
    private char _status = 'I';
    private bool _skips;
    private (string Sql, List<string?> Values)? _bound;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(KeyBytes);
        cancellations.Add(key, Cancel);
        try
        {
            foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[("server_version", "15.0 (SmartCity.Lake)"), ("client_encoding", "UTF8"), ("DateStyle", "ISO, MDY"), ("TimeZone", "GMT"), ("integer_datetimes", "on"), ("standard_conforming_strings", "on")])
            {
                _answer.Begin('S').Text(name).Text(value).End();
            }

            _answer.Begin('K').Raw(key).End();
            await ReadyAsync(cancellationToken);
            var next = reader.NextAsync(cancellationToken).AsTask();
            while (await next is { } message && message.Type != 'X')
            {
                if (message.Missing > 0)
                {
                    throw new InvalidDataException("Postgres sends a statement that is too long.");
                }

                var own = message.Copy();
                next = reader.NextAsync(cancellationToken).AsTask();
                await WhileConnectedAsync(next, token => AnswerAsync(own, token), cancellationToken);
            }
        }
        finally
        {
            cancellations.Remove(Convert.ToHexString(key));
            await CloseAllAsync();
        }
    }

    private bool Cancel()
    {
        lock (_lock)
        {
            _running?.Cancel();
            return true;
        }
    }

    // A Postgres that goes away needs no answer.
    private async Task WhileConnectedAsync(Task<Message?> next, Func<CancellationToken, Task> run, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        lock (_lock)
        {
            _running = stop;
        }

        try
        {
            var running = run(stop.Token);
            if (await Task.WhenAny(running, next) == next && !running.IsCompleted && (next.IsFaulted || next.IsCanceled || await next is null))
            {
                await stop.CancelAsync();
            }

            await running;
        }
        finally
        {
            lock (_lock)
            {
                _running = null;
            }
        }
    }

    private async Task AnswerAsync(Message message, CancellationToken cancellationToken)
    {
        if (_skips && message.Type != 'S')
        {
            return;
        }

        try
        {
            switch (message.Type)
            {
                case 'Q':
                    await StatementAsync(new BodyReader(message.Body.Span).Text(), [], cancellationToken);
                    await ReadyAsync(cancellationToken);
                    break;
                case 'P':
                    _bound = (Parsed(message), []);
                    _answer.Begin('1').End();
                    break;
                case 'B':
                    _bound = (_bound?.Sql ?? throw new InvalidDataException("Postgres binds what it has not parsed."), Values(message));
                    _answer.Begin('2').End();
                    break;
                case 'D':
                    _answer.Begin('n').End();
                    break;
                case 'E' when _bound is var (sql, values):
                    await StatementAsync(sql, values, cancellationToken);
                    break;
                case 'C':
                    _answer.Begin('3').End();
                    break;
                case 'H':
                    await FlushAsync(cancellationToken);
                    break;
                case 'S':
                    _skips = false;
                    await ReadyAsync(cancellationToken);
                    break;
                default:
                    throw new InvalidDataException("Postgres sends what the lake does not know.");
            }
        }
        catch (Exception e) when (e is not IOException and not ObjectDisposedException)
        {
            await FailAsync(e, isExtended: message.Type != 'Q', cancellationToken);
        }
    }

    private async Task FailAsync(Exception e, bool isExtended, CancellationToken cancellationToken)
    {
        var (state, text, hint) = e switch
        {
            NotForTheLakeException => ("0A000", $"the lake does not do what Postgres asks of it: {e.Message}", Advice),
            OperationCanceledException => ("57014", "canceling statement due to user request", null),
            Npgsql.PostgresException postgres => (postgres.SqlState, postgres.MessageText, null),
            _ => LakeErrors.Of(e),
        };
        if (e is not (NotForTheLakeException or OperationCanceledException or LakeLimitException or LakeValueException or InvalidDataException or Npgsql.PostgresException or DuckDB.NET.Data.DuckDBException))
        {
            logger.LogError(e, "The lake could not answer Postgres.");
        }

        _answer.Error(state, text, hint);
        _status = _status == 'I' ? 'I' : 'E';
        _skips = isExtended;
        if (!isExtended)
        {
            await ReadyAsync(cancellationToken.IsCancellationRequested ? CancellationToken.None : cancellationToken);
        }
    }

    private async Task StatementAsync(string sql, List<string?> values, CancellationToken cancellationToken)
    {
        if (Known().Match(sql) is not { Success: true } match)
        {
            throw new NotForTheLakeException("it answers the foreign tables of the schema city, and nothing else");
        }

        var (verb, rest) = (match.Groups["verb"].Value.ToUpperInvariant(), sql[match.Length..]);
        var name = match.Groups["name"].Value;
        switch (verb)
        {
            case "SET" or "DEALLOCATE" or "DISCARD" or "SAVEPOINT" or "RELEASE":
                Done(verb == "DISCARD" ? "DISCARD ALL" : verb);
                break;
            case "START":
                _status = 'T';
                Done("START TRANSACTION");
                break;
            case "ROLLBACK TO":
                _status = 'T';
                Done("ROLLBACK");
                break;
            case "COMMIT" or "ABORT" or "ROLLBACK":
                _status = 'I';
                await CloseAllAsync();
                Done(verb == "COMMIT" ? "COMMIT" : "ROLLBACK");
                break;
            case "EXPLAIN":
                // Known before anything is written: an error in the middle of a message would be part of it.
                var estimate = await statements.EstimateAsync(rest, cancellationToken);
                _answer.Begin('T').Int16(1).Text("QUERY PLAN").Int32(0).Int16(0).Int32(25).Int16(-1).Int32(-1).Int16(0).End();
                _answer.Begin('D').Int16(1).Counted(estimate).End();
                Done("EXPLAIN");
                break;
            case "DECLARE":
                await CloseAsync(name);
                _cursors[name] = new ForeignCursor(await statements.ReadAsync(rest, values, cancellationToken, runs: true), fetched);
                Done("DECLARE CURSOR");
                break;
            case "FETCH":
                await FetchAsync(Open(name), long.Parse(match.Groups["count"].ValueSpan, CultureInfo.InvariantCulture), cancellationToken);
                break;
            case "MOVE BACKWARD ALL IN":
                Open(name).Rewind();
                Done("MOVE 0");
                break;
            case "CLOSE":
                await CloseAsync(name);
                Done("CLOSE CURSOR");
                break;
            default:
                throw new InvalidOperationException($"{verb} is not answered.");
        }
    }

    private async Task FetchAsync(ForeignCursor cursor, long most, CancellationToken cancellationToken)
    {
        var (count, types) = (cursor.Statement.Outputs, cursor.Statement.HandedBack is null ? cursor.Statement.Translation.Outputs : null);
        _answer.Begin('T').Int16((short)count);
        for (var i = 0; i < count; i++)
        {
            _answer.Text($"c{i.ToString(CultureInfo.InvariantCulture)}").Int32(0).Int16(0).Int32((int)(types?[i] ?? LakeType.Text).Oid).Int16(-1).Int32(-1).Int16(0);
        }

        _answer.End();
        var fetched = await cursor.FetchAsync(statements, most, async row =>
        {
            _answer.Raw(row.Span);
            if (_answer.Length >= FlushBytes)
            {
                await FlushAsync(cancellationToken);
            }
        }, cancellationToken);
        Done(string.Create(CultureInfo.InvariantCulture, $"FETCH {fetched}"));
    }

    private ForeignCursor Open(string name) => _cursors.TryGetValue(name, out var cursor) ? cursor : throw new InvalidDataException($"cursor \"{name}\" does not exist");

    private async Task CloseAsync(string name)
    {
        if (_cursors.Remove(name, out var cursor))
        {
            await cursor.DisposeAsync();
        }
    }

    private async Task CloseAllAsync()
    {
        foreach (var name in _cursors.Keys.ToList())
        {
            await CloseAsync(name);
        }
    }

    private void Done(string tag) => _answer.Begin('C').Text(tag).End();

    private Task ReadyAsync(CancellationToken cancellationToken)
    {
        _answer.Begin('Z').Byte((byte)_status).End();
        return FlushAsync(cancellationToken);
    }

    private async Task FlushAsync(CancellationToken cancellationToken)
    {
        await client.WriteAsync(_answer.Written, cancellationToken);
        await client.FlushAsync(cancellationToken);
        _answer.Clear();
    }

    private static string Parsed(Message message)
    {
        var body = new BodyReader(message.Body.Span);
        body.Text();
        return body.Text();
    }

    // postgres_fdw sends texts.
    private static List<string?> Values(Message message)
    {
        var body = new BodyReader(message.Body.Span);
        body.Text();
        body.Text();
        for (var formats = body.Int16(); formats > 0; formats--)
        {
            if (body.Int16() != 0)
            {
                throw new InvalidDataException("Postgres sends a value in binary.");
            }
        }

        var values = new List<string?>();
        for (var count = body.Int16(); count > 0; count--)
        {
            values.Add(body.Int32() is var length and >= 0 ? Encoding.UTF8.GetString(body.Bytes(length)) : null);
        }

        return values;
    }

    [GeneratedRegex(@"^(?:(?<verb>DECLARE) (?<name>\w+) CURSOR FOR\s+|(?<verb>FETCH) (?<count>\d{1,9}) FROM (?<name>\w+)$|(?<verb>CLOSE|MOVE BACKWARD ALL IN) (?<name>\w+)$|(?<verb>EXPLAIN) |(?<verb>ROLLBACK TO|START|COMMIT|ABORT|ROLLBACK|SAVEPOINT|RELEASE|SET|DEALLOCATE|DISCARD)\b)", RegexOptions.IgnoreCase)]
    private static partial Regex Known();
}

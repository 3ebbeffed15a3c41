using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Lake.City;
using SmartCity.Lake.Relay;
using SmartCity.Lake.Sql;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Foreign;

/// <summary>What Postgres asks of the lake for a statement of its own: how much it is, and its rows.</summary>
internal sealed partial class ForeignStatements(StatementTree tree, LakeRun lake, KnownZones zones, NpgsqlDataSource dataSource, IOptions<LakeOptions> options)
{
    // What is grouped in the lake is cheap to fetch; what the lake cannot do must not be planned.
    private const double CostOfAll = 10;
    private const double CostOfARowRead = 0.0005;
    private const double CostOfARowHandedBack = 0.02;
    private const double CostOfARowOrdered = 0.01;
    private const double CostOfALookUp = 100_000;
    private const double CostOfTheImpossible = 1e12;
    private const double PartOfRowsEqual = 0.01;
    private const double PartOfRowsHandedBack = 0.1;
    private const double PartOfRowsInGroups = 0.05;
    private const long MostGroups = 20_000;
    private const int WidthOfAColumn = 12;

    // Those of postgres_fdw.
    private static readonly string[] Settings =
        ["set local search_path = pg_catalog", "set local timezone = 'GMT'", "set local datestyle = 'ISO'", "set local intervalstyle = 'postgres'", "set local extra_float_digits = 3", "set local statement_timeout = 0"];

    /// <summary>The first line of a plan, which is all that postgres_fdw reads.</summary>
    public async Task<string> EstimateAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            var statement = await ReadAsync(sql, [], cancellationToken);
            var read = (await lake.PlanAsync(statement.Translation, statement.Facts, cancellationToken)).Select(r => r.Rows).ToList();
            var rows = statement.Shape switch
            {
                Shape.One => 1,
                _ when statement.HandedBack is not null => read.Max() * PartOfRowsHandedBack,
                Shape.Groups => Math.Min(MostGroups, read.Max() * PartOfRowsInGroups),
                _ => read.Zip(statement.Translation.Tables, (r, t) => r * (t.Bounds.Any(b => b.Operator == "=" && !FilePruning.IsOfTime(t.Table, b)) ? PartOfRowsEqual : 1)).Max(),
            };
            rows = Math.Max(1, statement.Limit is { } limit ? Math.Min(limit, rows) : rows);
            return Line(CostOfAll + (read.Sum() * (statement.HandedBack is null ? CostOfARowRead : CostOfARowHandedBack)) + (statement.IsOrdered ? rows * CostOfARowOrdered : 0) + (ForeignText.Placeholders(sql) * CostOfALookUp), rows, statement.Outputs);
        }
        catch (NotForTheLakeException)
        {
            return Line(CostOfTheImpossible, 1, 1);
        }

        static string Line(double cost, double rows, int columns) => string.Create(CultureInfo.InvariantCulture, $"Lake  (cost={CostOfAll:0.00}..{cost:0.00} rows={rows:0} width={columns * WidthOfAColumn})");
    }

    /// <exception cref="NotForTheLakeException">The lake does not do it.</exception>
    /// <exception cref="LakeLimitException">Postgres would fetch a table whole, or nearly.</exception>
    public async Task<ForeignStatement> ReadAsync(string sql, IReadOnlyList<string?> parameters, CancellationToken cancellationToken, bool runs = false)
    {
        ForeignStatement statement;
        try
        {
            var node = tree.Parse(ForeignText.Plain(sql, parameters));
            var translation = Translator.Translate(node, CityTable.All, []);
            statement = new ForeignStatement(sql, parameters, translation, await FactsAsync(translation, cancellationToken), ShapeOf(node), LimitOf(node), node.Items("modifiers").Any(m => m.Text("type") == "ORDER_MODIFIER"));
        }
        catch (NotForTheLakeException) when (HandedBack.Of(sql, parameters, s => Translated(s) is not null) is { } rest)
        {
            statement = await OfAsync(sql, parameters, rest, cancellationToken);
        }

        if (runs && (statement.HandedBack is not null || statement is { Shape: Shape.Rows, Limit: null }))
        {
            await LimitAsync(statement, cancellationToken);
        }

        return statement;
    }

    /// <param name="row">Gets each row as a message of the protocol.</param>
    public async Task RunAsync(ForeignStatement statement, Action<MessageWriter> row, CancellationToken cancellationToken)
    {
        var (most, mostBytes, rows, bytes) = (options.Value.MostRows, options.Value.MostBytes, 0L, 0L);
        if (statement.HandedBack is { } rest)
        {
            await RunInPostgresAsync(statement, rest, Counted, cancellationToken);
            return;
        }

        var encoder = new RowEncoder(statement.Translation.Outputs, new bool[statement.Translation.Outputs.Count], statement.Facts.Zone);
        var writer = new MessageWriter();
        try
        {
            await lake.RunAsync(statement.Translation, statement.Facts, read =>
            {
                writer.Clear();
                encoder.Write(writer, read);
                Counted(writer);
                return true;
            }, cancellationToken, isForeign: true);
        }
        catch (Exception e) when (rows == 0 && LakeErrors.IsOfAValue(e) && HandedBack.Of(statement.Sql, statement.Parameters, IsBound) is { } whole)
        {
            // Postgres may have a value where the lake has none.
            var again = await OfAsync(statement.Sql, statement.Parameters, whole, cancellationToken);
            await LimitAsync(again, cancellationToken);
            await RunInPostgresAsync(again, whole, Counted, cancellationToken);
        }

        void Counted(MessageWriter message)
        {
            bytes += message.Length;
            if (++rows > most || bytes > mostBytes)
            {
                throw rows > most ? LakeLimitException.Rows(most) : LakeLimitException.Bytes(mostBytes);
            }

            row(message);
        }
    }

    private Translation? Translated(string sql)
    {
        try
        {
            return Translator.Translate(tree.Parse(ForeignText.Plain(sql, [])), CityTable.All, []);
        }
        catch (NotForTheLakeException)
        {
            return null;
        }
    }

    private bool IsBound(string sql) => Translated(sql)?.Tables[0].Bounds.Count > 0;

    private async Task<ForeignStatement> OfAsync(string sql, IReadOnlyList<string?> parameters, HandedBack rest, CancellationToken cancellationToken)
    {
        var scan = Translated(rest.Scan)!;
        return new ForeignStatement(sql, parameters, scan, await FactsAsync(scan, cancellationToken), Shape.Rows, null, IsOrdered: false) { HandedBack = rest };
    }

    // A table of the session's own, which nobody else sees and which goes with the transaction.
    private async Task RunInPostgresAsync(ForeignStatement statement, HandedBack rest, Action<MessageWriter> row, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var columns = string.Join(", ", rest.Columns.Select(c => $"\"{c.Name}\" {c.Type.Postgres}{(c.Type.Kind is LakeKind.Text or LakeKind.Texts ? " collate \"C\"" : "")}"));
        await using (var settings = new NpgsqlBatch(connection, transaction))
        {
            foreach (var sql in (IEnumerable<string>)[.. Settings, $"create temporary table {HandedBack.Rows} ({columns}) on commit drop"])
            {
                settings.BatchCommands.Add(new(sql));
            }

            await settings.ExecuteNonQueryAsync(cancellationToken);
        }

        await CopyAsync(connection, statement, cancellationToken);
        await BecomeNobodyAsync(connection, transaction, cancellationToken);
        var writer = new MessageWriter();
        await using var command = new NpgsqlCommand(rest.Sql, connection, transaction) { AllResultTypesAreUnknown = true, CommandTimeout = (int)options.Value.Timeout.TotalSeconds };
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            writer.Clear();
            writer.Begin('D').Int16((short)reader.FieldCount);
            for (var i = 0; i < reader.FieldCount; i++)
            {
                _ = reader.IsDBNull(i) ? writer.Int32(-1) : writer.Counted(reader.GetString(i));
            }

            row(writer.End());
        }
    }

    // What comes from another session must not read as the owner of the database.
    private static async Task BecomeNobodyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        try
        {
            await using var closed = new NpgsqlBatch(connection, transaction)
            {
                BatchCommands = { new($"grant select, update on {HandedBack.Rows} to {Nobody.Role}"), new("set transaction read only"), new($"set local role {Nobody.Role}") },
            };
            await closed.ExecuteNonQueryAsync(cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState is PostgresErrorCodes.UndefinedObject or PostgresErrorCodes.InvalidParameterValue or PostgresErrorCodes.InsufficientPrivilege)
        {
            throw new NotForTheLakeException($"Postgres would do it as the role {Nobody.Role}, and may not ({e.MessageText}); a superuser makes it with what docs/lake.md has under \"What only a superuser can do\"");
        }
    }

    private async Task CopyAsync(NpgsqlConnection connection, ForeignStatement statement, CancellationToken cancellationToken)
    {
        var encoder = new RowEncoder(statement.Translation.Outputs, new bool[statement.Translation.Outputs.Count], statement.Facts.Zone);
        var writer = new MessageWriter();
        await using var copy = await connection.BeginTextImportAsync($"copy {HandedBack.Rows} from stdin", cancellationToken);
        try
        {
            await lake.RunAsync(statement.Translation, statement.Facts, read =>
            {
                writer.Clear();
                encoder.Write(writer, read);
                copy.Write(Line(writer.Written.Span[Message.HeadBytes..]));
                return true;
            }, cancellationToken, isForeign: true);
        }
        catch
        {
            await copy.CancelAsync();
            throw;
        }
    }

    // A row as COPY reads it.
    private static string Line(ReadOnlySpan<byte> row)
    {
        var body = new BodyReader(row);
        var line = new StringBuilder();
        for (var count = body.Int16(); count > 0; count--)
        {
            _ = body.Int32() is var length and >= 0
                ? line.Append(Encoding.UTF8.GetString(body.Bytes(length)).Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\t", "\\t", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace("\r", "\\r", StringComparison.Ordinal))
                : line.Append("\\N");
            line.Append(count > 1 ? '\t' : '\n');
        }

        return line.ToString();
    }

    private async Task LimitAsync(ForeignStatement statement, CancellationToken cancellationToken)
    {
        foreach (var read in await lake.PlanAsync(statement.Translation, statement.Facts, cancellationToken))
        {
            var hasBound = read.Use.Bounds.Exists(b => FilePruning.IsOfTime(read.Use.Table, b)) && read.Rows < read.AllRows;
            if (LakeRun.BoundBy(read.Use) is { } by && !hasBound && read.Rows > options.Value.MostForeignRows)
            {
                throw new LakeLimitException(
                    "54000",
                    string.Create(CultureInfo.InvariantCulture, $"Postgres would fetch city.{read.Use.Table.Name} whole, which is {read.Rows} rows; without a bound of time that the lake is told, {options.Value.MostForeignRows} may be"),
                    $"Write the bound of time as a constant or as a subquery, which Postgres works out first: {LakeRun.Bound(read.Use, by, isForeign: true)}");
            }
        }
    }

    // Constants are worked out as postgres_fdw means them: in its own time zone and forms.
    private async Task<Facts> FactsAsync(Translation translation, CancellationToken cancellationToken)
    {
        await zones.NeedAsync(translation.Zones, cancellationToken);
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction);
        foreach (var sql in (IEnumerable<string>)[.. Settings, SessionFacts.Query(translation, null)])
        {
            batch.BatchCommands.Add(new(sql));
        }

        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return SessionFacts.Read([.. Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) switch
        {
            DBNull => null,
            bool flag => flag ? "t" : "f",
            var value => Convert.ToString(value, CultureInfo.InvariantCulture),
        })], translation);
    }

    private static Shape ShapeOf(JsonElement node) =>
        node.Items("group_expressions").Any() ? Shape.Groups : node.Items("select_list").Any(i => Aggregate().IsMatch(i.GetRawText())) ? Shape.One : Shape.Rows;

    private static long? LimitOf(JsonElement node) =>
        node.Items("modifiers").FirstOrDefault(m => m.Text("type") == "LIMIT_MODIFIER") is { ValueKind: JsonValueKind.Object } modifier && modifier.Child("limit") is { } limit && Number().Match(limit.GetRawText()) is { Success: true } match
            ? long.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)
            : null;

    [GeneratedRegex("\"function_name\":\"(count_star|count|sum|avg|min|max|bool_and|bool_or|every|string_agg|quantile_cont)\"")]
    private static partial Regex Aggregate();

    [GeneratedRegex("\"value\":(\\d{1,18})\\b")]
    private static partial Regex Number();
}

/// <summary>What of a statement decides how many rows it has.</summary>
internal enum Shape
{
    Rows,
    Groups,
    One,
}

/// <param name="Translation">What the lake runs of it.</param>
internal sealed record ForeignStatement(string Sql, IReadOnlyList<string?> Parameters, Translation Translation, Facts Facts, Shape Shape, long? Limit, bool IsOrdered)
{
    /// <summary>What Postgres does over the rows that the lake reads; null if the lake does all.</summary>
    public HandedBack? HandedBack { get; init; }

    public int Outputs => HandedBack?.Outputs ?? Translation.Outputs.Count;
}

using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Lake.Relay;
using SmartCity.Lake.Sql;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Foreign;

/// <summary>What Postgres asks of the lake for a statement of its own: how much it is, and its rows.</summary>
internal sealed partial class ForeignStatements(StatementTree tree, LakeRun lake, NpgsqlDataSource dataSource, IOptions<LakeOptions> options)
{
    // What is grouped in the lake is cheap to fetch; what the lake cannot do must not be planned.
    private const double CostOfAll = 10;
    private const double CostOfARowRead = 0.0005;
    private const double CostOfARowOrdered = 0.01;
    private const double CostOfALookUp = 100_000;
    private const double CostOfTheImpossible = 1e12;
    private const double PartOfRowsEqual = 0.01;
    private const double PartOfRowsInGroups = 0.05;
    private const long MostGroups = 20_000;
    private const int WidthOfAColumn = 12;

    /// <summary>The first line of a plan, which is all that postgres_fdw reads.</summary>
    public async Task<string> EstimateAsync(string sql, CancellationToken cancellationToken)
    {
        try
        {
            var statement = await ReadAsync(sql, [], cancellationToken);
            var read = await lake.RowsAsync(statement.Translation, statement.Facts, cancellationToken);
            var rows = statement.Shape switch
            {
                Shape.One => 1,
                Shape.Groups => Math.Min(MostGroups, read.Max() * PartOfRowsInGroups),
                _ => read.Zip(statement.Translation.Tables, (r, t) => r * (t.Bounds.Any(b => b.Operator == "=" && !FilePruning.IsOfTime(t.Table, b)) ? PartOfRowsEqual : 1)).Max(),
            };
            rows = Math.Max(1, statement.Limit is { } limit ? Math.Min(limit, rows) : rows);
            return Line(CostOfAll + (read.Sum() * CostOfARowRead) + (statement.IsOrdered ? rows * CostOfARowOrdered : 0) + (ForeignText.Placeholders(sql) * CostOfALookUp), rows, statement.Translation.Outputs.Count);
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
        var node = tree.Parse(ForeignText.Plain(sql, parameters));
        var translation = Translator.Translate(node, CityTable.All, []);
        var statement = new ForeignStatement(translation, await FactsAsync(translation, cancellationToken), ShapeOf(node), LimitOf(node), node.Items("modifiers").Any(m => m.Text("type") == "ORDER_MODIFIER"));
        if (runs && statement is { Shape: Shape.Rows, Limit: null })
        {
            await LimitAsync(statement, cancellationToken);
        }

        return statement;
    }

    /// <param name="row">Gets each row as a message of the protocol.</param>
    public async Task RunAsync(ForeignStatement statement, Action<MessageWriter> row, CancellationToken cancellationToken)
    {
        var (most, mostBytes, rows, bytes) = (options.Value.MostRows, options.Value.MostBytes, 0L, 0L);
        var encoder = new RowEncoder(statement.Translation.Outputs, new bool[statement.Translation.Outputs.Count], statement.Facts.Zone);
        var writer = new MessageWriter();
        await lake.RunAsync(statement.Translation, statement.Facts, read =>
        {
            writer.Clear();
            encoder.Write(writer, read);
            bytes += writer.Length;
            if (++rows > most || bytes > mostBytes)
            {
                throw rows > most ? LakeLimitException.Rows(most) : LakeLimitException.Bytes(mostBytes);
            }

            row(writer);
            return true;
        }, cancellationToken, isForeign: true);
    }

    private async Task LimitAsync(ForeignStatement statement, CancellationToken cancellationToken)
    {
        var rows = await lake.RowsAsync(statement.Translation, statement.Facts, cancellationToken);
        foreach (var (use, count) in statement.Translation.Tables.Zip(rows))
        {
            if (LakeRun.MissingBound(use) is { } by && count > options.Value.MostForeignRows)
            {
                throw new LakeLimitException(
                    "54000",
                    string.Create(CultureInfo.InvariantCulture, $"Postgres would fetch city.{use.Table.Name} whole, which is {count} rows; without a bound of time that the lake is told, {options.Value.MostForeignRows} may be"),
                    $"Write the bound of time as a constant or as a subquery, which Postgres works out first: {LakeRun.Bound(use, by, isForeign: true)}");
            }
        }
    }

    // Constants are worked out as postgres_fdw means them: in its own time zone and forms.
    private async Task<Facts> FactsAsync(Translation translation, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new("set local timezone = 'GMT'"), new("set local datestyle = 'ISO'"), new("set local intervalstyle = 'postgres'"), new("set local extra_float_digits = 3"), new("set local statement_timeout = 0"),
                new(SessionFacts.Query(translation, null)),
            },
        };
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
        node.Items("modifiers").FirstOrDefault(m => m.Text("type") == "LIMIT_MODIFIER") is { ValueKind: JsonValueKind.Object } modifier && Number().Match(modifier.GetProperty("limit").GetRawText()) is { Success: true } match
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

internal sealed record ForeignStatement(Translation Translation, Facts Facts, Shape Shape, long? Limit, bool IsOrdered);

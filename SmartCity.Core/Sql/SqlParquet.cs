using System.Globalization;
using Microsoft.AspNetCore.Http;
using ParquetSharp;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Sql;

/// <summary>
/// An answer as a Parquet file. Whole numbers, numbers, dates, times and truth values keep their type, where times with a zone are in UTC and exact numbers have
/// ten decimal places; everything else is text, as Postgres writes it.
/// </summary>
internal sealed class SqlParquet : IDisposable
{
    private const int RowsOfAGroup = 100_000;
    private const long CharactersOfAGroup = 32 * 1024 * 1024;
    private const int DecimalPlaces = 10;

    // What .NET holds, with so many places behind the point.
    private const int DecimalDigits = 29;
    private const decimal LargestDecimal = 7.9e18m;

    private readonly IColumn[] _columns;
    private readonly ParquetFileWriter _file;
    private int _rows;
    private long _characters;

    public SqlParquet(IReadOnlyList<SqlColumn> columns, string path)
    {
        var names = Names(columns);
        _columns = [.. columns.Select((c, i) => ColumnOf(c, names[i]))];
        _file = new ParquetFileWriter(path, [.. _columns.Select(c => c.Schema)], Compression.Zstd);
    }

    /// <exception cref="SqlFailedException">A value is none that Parquet holds; the message names its column and what to write.</exception>
    public void Add(string?[] row)
    {
        for (var i = 0; i < row.Length; i++)
        {
            _columns[i].Add(row[i]);
            _characters += row[i]?.Length ?? 0;
        }

        if (++_rows == RowsOfAGroup || _characters >= CharactersOfAGroup)
        {
            WriteGroup();
        }
    }

    /// <summary>Ends the file: without it, nobody can read it.</summary>
    public void Close()
    {
        WriteGroup();
        _file.Close();
    }

    public void Dispose() => _file.Dispose();

    private void WriteGroup()
    {
        using var group = _file.AppendRowGroup();
        foreach (var column in _columns)
        {
            column.Write(group);
        }

        (_rows, _characters) = (0, 0);
    }

    // Two columns of one name would be one for most readers.
    private static List<string> Names(IReadOnlyList<SqlColumn> columns)
    {
        var names = new List<string>();
        foreach (var column in columns)
        {
            var name = column.Name;
            for (var n = 2; names.Contains(name, StringComparer.OrdinalIgnoreCase); n++)
            {
                name = string.Create(CultureInfo.InvariantCulture, $"{column.Name}_{n}");
            }

            names.Add(name);
        }

        return names;
    }

    private static IColumn ColumnOf(SqlColumn column, string name) => column.Type.Split('(')[0] switch
    {
        "smallint" or "integer" or "bigint" => new Values<long>(new Column<long?>(name), column, v => long.Parse(v, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture)),
        "real" or "double precision" => new Values<double>(new Column<double?>(name), column, v => double.Parse(v, NumberStyles.Float, CultureInfo.InvariantCulture)),
        "numeric" => new Values<decimal>(new Column<decimal?>(name, LogicalType.Decimal(DecimalDigits, DecimalPlaces)), column, Exact),
        "boolean" => new Values<bool>(new Column<bool?>(name), column, v => v == "t"),
        "date" => new Values<Date>(new Column<Date?>(name), column, v => new Date(DateOnly.ParseExact(v, "yyyy-MM-dd", CultureInfo.InvariantCulture).DayNumber - DateOnly.FromDateTime(DateTime.UnixEpoch).DayNumber)),
        "timestamp with time zone" => new Values<DateTime>(new Column<DateTime?>(name, LogicalType.Timestamp(true, TimeUnit.Micros)), column, v => DateTimeOffset.Parse(v, CultureInfo.InvariantCulture).UtcDateTime),
        "timestamp without time zone" => new Values<DateTime>(new Column<DateTime?>(name, LogicalType.Timestamp(false, TimeUnit.Micros)), column, v => DateTime.Parse(v, CultureInfo.InvariantCulture)),
        _ => new Texts(name),
    };

    private static decimal Exact(string value)
    {
        var number = Math.Round(decimal.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture), DecimalPlaces);
        return Math.Abs(number) < LargestDecimal ? number : throw new OverflowException();
    }

    private interface IColumn
    {
        Column Schema { get; }

        void Add(string? value);

        void Write(RowGroupWriter group);
    }

    private sealed class Values<T>(Column schema, SqlColumn column, Func<string, T> parse) : IColumn
        where T : struct
    {
        private readonly List<T?> _values = [];

        public Column Schema => schema;

        public void Add(string? value)
        {
            try
            {
                _values.Add(value is null ? null : parse(value));
            }
            catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
            {
                throw new SqlFailedException(StatusCodes.Status400BadRequest, $"Column {column.Name} has the value {value}, which a Parquet file does not hold as {column.Type}. Write {column.Name}::text in the statement.");
            }
        }

        public void Write(RowGroupWriter group)
        {
            using var writer = group.NextColumn().LogicalWriter<T?>();
            writer.WriteBatch([.. _values]);
            _values.Clear();
        }
    }

    private sealed class Texts(string name) : IColumn
    {
        private readonly List<string?> _values = [];

        public Column Schema { get; } = new Column<string?>(name);

        public void Add(string? value) => _values.Add(value);

        public void Write(RowGroupWriter group)
        {
            using var writer = group.NextColumn().LogicalWriter<string?>();
            writer.WriteBatch([.. _values]);
            _values.Clear();
        }
    }
}

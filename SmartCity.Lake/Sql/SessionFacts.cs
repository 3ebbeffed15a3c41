using System.Globalization;

namespace SmartCity.Lake.Sql;

/// <summary>
/// What decides whether a statement may run in the lake, asked of the session's own Postgres connection each time: its rights, its settings, what its names mean, and the
/// values of the constants. So SET ROLE, search_path and open transactions count as they do in Postgres.
/// </summary>
internal static class SessionFacts
{
    private const int FixedColumns = 9;

    /// <summary>One SELECT of one row of texts.</summary>
    /// <param name="prepared">Name and text of the prepared statement that is run; null if it was parsed just now.</param>
    public static string Query(Translation statement, (string Name, string Sql)? prepared)
    {
        var tables = statement.Tables.Select(t =>
            $"coalesce(pg_catalog.to_regclass('city.{t.Table.Name}') = pg_catalog.to_regclass('{t.Written}')"
            + (t.Columns.Count == 0
                ? $" and pg_catalog.has_any_column_privilege('city.{t.Table.Name}', 'select')"
                : string.Concat(t.Columns.Select(c => $" and pg_catalog.has_column_privilege('city.{t.Table.Name}', '{c}', 'select')")))
            + ", false)");
        if (prepared is var (name, sql))
        {
            tables = tables.Append($"exists (select from pg_catalog.pg_prepared_statements where name = {Text(name)} and statement = {Text(sql)})");
        }

        return $"""
            select pg_catalog.current_setting('TimeZone'), pg_catalog.current_setting('DateStyle'), pg_catalog.current_setting('IntervalStyle'), pg_catalog.current_setting('extra_float_digits'),
            pg_catalog.current_setting('client_encoding'), pg_catalog.current_setting('standard_conforming_strings'),
            (extract(epoch from pg_catalog.current_setting('statement_timeout')::pg_catalog.interval) * 1000)::pg_catalog.int8,
            (select datcollate from pg_catalog.pg_database where datname = pg_catalog.current_database()),
            {string.Join(" and ", tables)}{string.Concat(statement.Constants.Select(c => ", " + Value(c)))}
            """;
    }

    /// <exception cref="NotForTheLakeException">A setting of the session, or a right that it lacks, keeps the statement from the lake.</exception>
    public static Facts Read(IReadOnlyList<string?> row, Translation statement)
    {
        var zone = row[0]!;
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(zone, out var known) || !(zone is "UTC" or "GMT" || zone.Contains('/', StringComparison.Ordinal)))
        {
            throw new NotForTheLakeException($"the lake does not know the session's time zone {zone}");
        }

        Need(row[1]!.StartsWith("ISO", StringComparison.Ordinal), "DateStyle is not ISO");
        Need(row[2] == "postgres", "IntervalStyle is not postgres");
        Need(int.Parse(row[3]!, CultureInfo.InvariantCulture) > 0, "extra_float_digits is not above 0");
        Need(row[4] == "UTF8", "client_encoding is not UTF8");
        Need(row[5] == "on", "standard_conforming_strings is off");
        Need(!statement.NeedsByteOrder || row[7] is "C" or "POSIX" or "C.UTF-8" or "C.utf8", "it compares texts in the order of the database");
        Need(!statement.NeedsWholeHours || IsWholeHours(known), $"the time zone {zone} is not whole hours from UTC");
        Need(row[8] == "t", "the role may not read all the columns that it names, or a name means something else by now");
        return new Facts(known, TimeSpan.FromMilliseconds(long.Parse(row[6]!, CultureInfo.InvariantCulture)), [.. row.Skip(FixedColumns)]);
    }

    private static void Need(bool fulfilled, string reason)
    {
        if (!fulfilled)
        {
            throw new NotForTheLakeException(reason);
        }
    }

    private static bool IsWholeHours(TimeZoneInfo zone)
    {
        for (var at = DateTimeOffset.UnixEpoch; at.Year < 2040; at = at.AddDays(30))
        {
            if (zone.GetUtcOffset(at) is { Minutes: not 0 } or { Seconds: not 0 })
            {
                return false;
            }
        }

        return true;
    }

    // The same whatever standard_conforming_strings is, which the answer to this very question tells.
    private static string Text(string value) => "E" + Translator.Quote(value.Replace("\\", "\\\\", StringComparison.Ordinal));

    private static string Value(PostgresConstant constant) => constant.Type.Kind switch
    {
        LakeKind.Date => $"case when pg_catalog.isfinite({constant.Sql}) then ({constant.Sql} - date '1970-01-01')::text else ({constant.Sql})::text end",
        LakeKind.Timestamp or LakeKind.TimestampTz => $"case when pg_catalog.isfinite({constant.Sql}) then ((extract(epoch from {constant.Sql}) * 1000000)::pg_catalog.int8)::text else ({constant.Sql})::text end",
        LakeKind.Interval => $"(extract(year from {constant.Sql}) * 12 + extract(month from {constant.Sql}))::pg_catalog.int4 || ' ' || extract(day from {constant.Sql})::pg_catalog.int4 || ' ' || "
            + $"((extract(hour from {constant.Sql}) * 3600 + extract(minute from {constant.Sql}) * 60 + extract(second from {constant.Sql})) * 1000000)::pg_catalog.int8",
        _ => throw new InvalidOperationException($"A constant of {constant.Type.Postgres} is not asked of Postgres."),
    };

    /// <summary>A value in DuckDB's words.</summary>
    public static string Duck(PostgresConstant constant, string? value)
    {
        if (value is null)
        {
            return $"CAST(NULL AS {constant.Type.Duck})";
        }

        return constant.Type.Kind switch
        {
            _ when value is "infinity" or "-infinity" => $"CAST('{value}' AS {constant.Type.Duck})",
            LakeKind.Date => $"(DATE '1970-01-01' + CAST({value} AS INTEGER))",
            LakeKind.Timestamp => $"make_timestamp(CAST({value} AS BIGINT))",
            LakeKind.TimestampTz => $"make_timestamptz(CAST({value} AS BIGINT))",
            LakeKind.Interval when value.Split(' ') is [var months, var days, var micros] => $"(to_months(CAST({months} AS INTEGER)) + to_days(CAST({days} AS INTEGER)) + to_microseconds(CAST({micros} AS BIGINT)))",
            _ => throw new InvalidOperationException($"{value} is no {constant.Type.Postgres}."),
        };
    }
}

/// <param name="Timeout">The session's; zero for none.</param>
/// <param name="Constants">As <see cref="SessionFacts"/> asked for them.</param>
internal sealed record Facts(TimeZoneInfo Zone, TimeSpan Timeout, IReadOnlyList<string?> Constants)
{
    /// <summary>Days or microseconds since 1970; null for what is neither.</summary>
    public IReadOnlyList<long?> Numbers => [.. Constants.Select(c => long.TryParse(c, CultureInfo.InvariantCulture, out var number) ? (long?)number : null)];
}

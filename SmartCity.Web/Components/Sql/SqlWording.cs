using System.Globalization;
using SmartCity.Contracts.Api;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Components.Sql;

/// <summary>How the SQL page says things. Pure.</summary>
public static class SqlWording
{
    /// <summary>A type as people say it.</summary>
    public static string Type(string type) => type switch
    {
        "timestamp with time zone" => Say("time"),
        "timestamp without time zone" => Say("local time"),
        "double precision" => "double",
        _ => type,
    };

    public static string Seconds(double milliseconds) => milliseconds < 9_950 ? $"{(milliseconds / 1000).ToString("0.00", CultureInfo.CurrentCulture)} s" : $"{(milliseconds / 1000).ToString("0", CultureInfo.CurrentCulture)} s";

    /// <summary>How long something has been running.</summary>
    public static string Clock(TimeSpan elapsed) => elapsed < TimeSpan.FromMinutes(1) ? $"{(int)elapsed.TotalSeconds} s" : $"{(int)elapsed.TotalMinutes} min {elapsed.Seconds} s";

    /// <summary>What came of a statement, in a sentence.</summary>
    public static string Outcome(SqlResult result)
    {
        var count = result.Rows.Count;
        var time = Seconds(result.Milliseconds);
        if (result.Columns.Count == 0)
        {
            return result.SawPlates ? Say("Done in {0}, with plates.", time) : Say("Done in {0}.", time);
        }

        var rows = count == 1 ? Say("1 row") : Say("{0:#,0} rows", count);
        return (result.Where, result.SawPlates) switch
        {
            ("lake", false) => Say("{0} in {1}, in the lake.", rows, time),
            ("lake", true) => Say("{0} in {1}, in the lake, with plates.", rows, time),
            ("both", false) => Say("{0} in {1}, in Postgres, with data from the lake.", rows, time),
            ("both", true) => Say("{0} in {1}, in Postgres, with data from the lake, with plates.", rows, time),
            (_, false) => Say("{0} in {1}, in Postgres.", rows, time),
            (_, true) => Say("{0} in {1}, in Postgres, with plates.", rows, time),
        };
    }

    /// <summary>What goes before a statement so that it is explained; nothing if it says so itself.</summary>
    public static string ExplainBefore(string sql) => sql.TrimStart().StartsWith("explain", StringComparison.OrdinalIgnoreCase) ? "" : "explain verbose ";

    /// <summary>Where a statement that was explained would run, in a sentence.</summary>
    public static string Plan(SqlResult result) => result.Where switch
    {
        "lake" => Say("The lake does all of it: these are the files, days and columns that it reads."),
        "both" => Say("The lake does each Foreign Scan, by the statement that stands behind Remote SQL; Postgres does the rest."),
        _ => Say("Postgres does all of it."),
    };

    /// <summary>Where a fault is, as editors count; empty if it is nowhere.</summary>
    /// <param name="position">The first character being 1; a character that needs two of .NET's counts once.</param>
    public static string Place(string sql, int? position)
    {
        if (position is not { } at || at < 1 || Index(sql, at) is not { } index)
        {
            return "";
        }

        var before = sql[..index];
        return Say("Line {0}, character {1}: ", before.Count(c => c == '\n') + 1, index - before.LastIndexOf('\n'));
    }

    /// <summary>The place in .NET's text of Postgres' character; null if it is behind the end.</summary>
    public static int? Index(string sql, int position)
    {
        var index = 0;
        for (var passed = 1; passed < position && index < sql.Length; passed++)
        {
            index += char.IsHighSurrogate(sql[index]) ? 2 : 1;
        }

        return index <= sql.Length ? index : null;
    }
}

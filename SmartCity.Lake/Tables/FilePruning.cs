using System.Text;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tables;

/// <summary>Which files of a table may have rows that a statement asks for, by the bounds of their columns. Pure.</summary>
internal static class FilePruning
{
    private const long MicrosecondsOfADay = 86_400_000_000;

    /// <summary>Whether a bound says from when on, or until when.</summary>
    public static bool IsOfTime(CityTable table, ColumnBound bound) => bound.Column == (table.Time ?? table.Definition.PartitionBy) || (table.Time is not null && bound.Column is "day" or "seen_local" or "quarter_hour" or "month");

    /// <param name="values">Of the constants of the statement.</param>
    public static IReadOnlyList<SnapshotFile> Select(CityTable table, IReadOnlyList<SnapshotFile> files, IReadOnlyList<ColumnBound> bounds, IReadOnlyList<long?> values)
    {
        // A row may have a newer version in another file, where what a correction changes is not the same any more.
        var lasting = table.Definition.NewestBy.Count == 0 ? bounds : bounds.Where(b => IsOfTime(table, b) || b.Column == "station_id" || table.Definition.SortBy.Contains(b.Column));
        var tests = lasting.Select(b => Test(table, b, values)).OfType<Func<SnapshotFile, bool>>().ToList();
        return tests.Count == 0 ? files : [.. files.Where(f => tests.TrueForAll(t => t(f)))];
    }

    private static Func<SnapshotFile, bool>? Test(CityTable table, ColumnBound bound, IReadOnlyList<long?> constants)
    {
        var known = bound.Values.Select(v => v is BoundConstant constant ? constants[constant.Index] is { } number ? number : null : v).ToList();
        if (known.Exists(v => v is null))
        {
            return null; // infinity
        }

        var (column, slack) = (bound.Column, 0L);
        if (table.Time is { } time && column is "day" or "seen_local" or "quarter_hour" or "month")
        {
            // The city's own time is within a day of UTC; a part is at most a month before its moment.
            var scale = table[column].Type == LakeType.Date ? MicrosecondsOfADay : 1;
            (column, slack) = (time, (bound.Column == "month" ? 33 : 2) * MicrosecondsOfADay);
            known = known.ConvertAll(v => (object?)(v is long number ? number * scale : null));
        }

        var index = table.Definition.Columns.ToList().FindIndex(c => c.Name == column);
        if (index < 0 || known.Exists(v => v is not (long or string)))
        {
            return null;
        }

        var field = table.Definition.Columns[index];
        var type = table[column].Type.Kind;
        return type switch
        {
            LakeKind.TimestampTz or LakeKind.Int8 when known.TrueForAll(v => v is long) => file => Number(file, field.Id, sizeof(long)) is not var (low, high) || known.Exists(v => Meets(bound.Operator, (long)v!, low, high, slack)),
            LakeKind.Date or LakeKind.Int4 when known.TrueForAll(v => v is long) => file => Number(file, field.Id, sizeof(int)) is not var (low, high) || known.Exists(v => Meets(bound.Operator, (long)v!, low, high, 0)),
            LakeKind.Text when known.TrueForAll(v => v is string) => file => known.Exists(v => MeetsText(bound.Operator, (string)v!, column == "station_id" ? file.Station : null, file.File, field.Id)),
            _ => null,
        };
    }

    private static (long Low, long High)? Number(SnapshotFile file, int id, int size) =>
        file.File.Lower.TryGetValue(id, out var low) && file.File.Upper.TryGetValue(id, out var high) && low.Length == size && high.Length == size
            ? size == sizeof(int) ? (SingleValue.ToInt(low), SingleValue.ToInt(high)) : (SingleValue.ToLong(low), SingleValue.ToLong(high))
            : null;

    private static bool Meets(string sign, long value, long low, long high, long slack) => sign switch
    {
        "=" => value >= low - slack && value <= high + slack,
        "<" or "<=" => low - slack <= value,
        _ => high + slack >= value,
    };

    private static bool MeetsText(string sign, string value, string? station, DataFile file, int id)
    {
        var bytes = Encoding.UTF8.GetBytes(value);
        var low = station is null ? file.Lower.GetValueOrDefault(id) : Encoding.UTF8.GetBytes(station);
        var high = station is null ? file.Upper.GetValueOrDefault(id) : low;
        var (aboveLow, belowHigh) = (low is null || bytes.AsSpan().SequenceCompareTo(low) >= 0, high is null || bytes.AsSpan().SequenceCompareTo(high) <= 0);
        return sign switch
        {
            "=" => aboveLow && belowHigh,
            "<" or "<=" => aboveLow,
            _ => belowHigh,
        };
    }
}

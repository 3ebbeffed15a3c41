using System.Globalization;
using SmartCity.Core.Lake;
using SmartCity.Core.Lake.Iceberg;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tables;

/// <summary>The SELECT that reads a table from files, in DuckDB's words. Pure.</summary>
internal static class ScanSql
{
    private const string Empty = "WHERE false";

    /// <param name="files">With the path of each on this machine.</param>
    /// <param name="zone">The city's.</param>
    /// <param name="restricted">Plates whose rows nobody is shown.</param>
    public static string Of(CityTable table, IReadOnlyList<(SnapshotFile File, string Path)> files, TimeZoneInfo zone, IReadOnlyCollection<string> restricted)
    {
        var columns = string.Join(", ", table.Columns.Where(c => c.Expression is null).Select(c => $"\"{c.Name}\""));
        var rows = string.Join(" UNION ALL ", Parts(table, files, columns));
        if (rows.Length == 0)
        {
            rows = $"SELECT {string.Join(", ", table.Columns.Where(c => c.Expression is null).Select(c => $"CAST(NULL AS {DuckOf(c.Type)}) AS \"{c.Name}\""))} {Empty}";
        }

        if (restricted.Count > 0 && LakePlates.ColumnsOf(table.Definition) is { Length: > 0 } plates && table.Definition != LakeTables.Vehicles)
        {
            var list = string.Join(", ", restricted.Select(Translator.Quote));
            rows = $"SELECT {columns} FROM ({rows}) WHERE {string.Join(" AND ", plates.Select(c => table.Definition.Columns[c].Name).Select(c => $"(\"{c}\" IS NULL OR \"{c}\" NOT IN ({list}))"))}";
        }

        if (table.Columns.All(c => c.Expression is null))
        {
            return rows;
        }

        var derived = string.Join(", ", table.Columns.Where(c => c.Expression is not null).Select(c => $"{c.Expression} AS \"{c.Name}\""));
        return table.Time is { } time
            ? $"SELECT {columns}, {derived} FROM (SELECT *, {Local(table, time, files, zone)} AS local FROM ({rows}))"
            : $"SELECT {columns}, {derived} FROM ({rows})";
    }

    private static IEnumerable<string> Parts(CityTable table, IReadOnlyList<(SnapshotFile File, string Path)> files, string columns)
    {
        var (single, several) = Apart(table.Definition, files);
        if (single.Count > 0)
        {
            yield return $"SELECT {columns} FROM ({Rows(table, single, columns)})";
        }

        if (several.Count > 0)
        {
            // Of what was corrected after it was archived, the newest counts.
            var key = string.Join(", ", table.Definition.SortBy.Select(c => $"\"{c}\""));
            var newest = string.Join(", ", table.Definition.NewestBy.Select(c => $"\"{c}\" DESC NULLS LAST"));
            yield return $"SELECT {columns} FROM ({Rows(table, several, columns)}) QUALIFY \"id\" IS NULL OR row_number() OVER (PARTITION BY {key} ORDER BY {newest}) = 1";
        }
    }

    // Only files that overlap in time can have a row twice.
    private static (List<(SnapshotFile File, string Path)> Single, List<(SnapshotFile File, string Path)> Several) Apart(LakeTableDefinition definition, IReadOnlyList<(SnapshotFile File, string Path)> files)
    {
        if (definition.NewestBy.Count == 0)
        {
            return ([.. files], []);
        }

        var id = definition[definition.SortBy[0]].Id;
        var (single, several, chain) = (new List<(SnapshotFile, string)>(), new List<(SnapshotFile, string)>(), new List<(SnapshotFile, string)>());
        var end = long.MinValue;
        foreach (var file in files.OrderBy(f => Bound(f.File.File.Lower, id, long.MinValue)))
        {
            if (chain.Count > 0 && Bound(file.File.File.Lower, id, long.MinValue) > end)
            {
                Close();
            }

            chain.Add(file);
            end = Math.Max(end, Bound(file.File.File.Upper, id, long.MaxValue));
        }

        Close();
        return (single, several);

        void Close()
        {
            (chain.Count == 1 ? single : several).AddRange(chain);
            chain.Clear();
            end = long.MinValue;
        }
    }

    private static string Rows(CityTable table, List<(SnapshotFile File, string Path)> files, string columns) => string.Join(" UNION ALL ", files.GroupBy(f => f.File.Station).Select(group =>
    {
        var paths = string.Join(", ", group.Select(f => Translator.Quote(f.Path)));
        return group.Key is null
            ? $"SELECT {columns} FROM read_parquet([{paths}], schema = MAP {{{string.Join(", ", table.Definition.Columns.Select(c => $"{c.Id.ToString(CultureInfo.InvariantCulture)}: {{name: '{c.Name}', type: '{DuckOf(table[c.Name].Type)}', default_value: NULL}}"))}}})"
            : Adopted(table, paths, columns, group.Key);
    }));

    // Files from before there was a lake: by name, without what they lack; their id is another's form and counts as unknown until the day is compacted.
    private static string Adopted(CityTable table, string paths, string columns, string station) =>
        $"SELECT {columns} FROM (SELECT {string.Join(", ", table.Columns.Where(c => c.Expression is null && c.Name != "station_id").Select(c => $"CAST(NULL AS {DuckOf(c.Type)}) AS \"{c.Name}\""))} {Empty} "
        + $"UNION ALL BY NAME SELECT COLUMNS(c -> c NOT IN ('id', 'station_id')) FROM read_parquet([{paths}], union_by_name = true)) CROSS JOIN (SELECT {Translator.Quote(station)} AS \"station_id\")";

    private static string DuckOf(LakeType type) => type.Kind == LakeKind.Numeric ? $"DECIMAL(10, {type.Scale})" : type.Duck;

    // Offsets of the zone are few and known, so the time of day costs an addition.
    private static string Local(CityTable table, string time, IReadOnlyList<(SnapshotFile File, string Path)> files, TimeZoneInfo zone)
    {
        var id = table.Definition[time].Id;
        var bounds = files.Select(f => (Low: Bound(f.File.File.Lower, id, long.MinValue), High: Bound(f.File.File.Upper, id, long.MaxValue))).ToList();
        var (first, last) = bounds.Count == 0 || bounds.Exists(b => b.Low == long.MinValue || b.High == long.MaxValue)
            ? (DateTimeOffset.UnixEpoch, DateTimeOffset.UnixEpoch.AddYears(130))
            : (Of(bounds.Min(b => b.Low)), Of(bounds.Max(b => b.High)));
        var column = $"epoch_us(\"{time}\")";
        var offset = Number(zone.GetUtcOffset(first));
        var cases = string.Concat(Transitions(zone, first, last).Select(t => $" WHEN {column} >= {Micros(t)} THEN {Number(zone.GetUtcOffset(t))}").Reverse());
        return $"make_timestamp({column} + {(cases.Length == 0 ? offset : $"(CASE{cases} ELSE {offset} END)")})";
    }

    private static IEnumerable<DateTimeOffset> Transitions(TimeZoneInfo zone, DateTimeOffset first, DateTimeOffset last)
    {
        for (var at = first; at < last;)
        {
            var next = at.AddDays(1);
            if (zone.GetUtcOffset(at) != zone.GetUtcOffset(next))
            {
                var (low, high) = (at, next);
                while (high - low > TimeSpan.FromSeconds(1))
                {
                    var middle = low + ((high - low) / 2);
                    (low, high) = zone.GetUtcOffset(middle) == zone.GetUtcOffset(at) ? (middle, high) : (low, middle);
                }

                // Clocks change at whole seconds.
                yield return DateTimeOffset.FromUnixTimeSeconds(high.ToUnixTimeSeconds());
            }

            at = next;
        }
    }

    private static DateTimeOffset Of(long micros) => DateTimeOffset.UnixEpoch.AddMicroseconds(micros);

    private static string Micros(DateTimeOffset at) => ((at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture);

    private static string Number(TimeSpan offset) => (offset.Ticks / TimeSpan.TicksPerMicrosecond).ToString(CultureInfo.InvariantCulture);

    private static long Bound(IReadOnlyDictionary<int, byte[]> bounds, int id, long unknown) => bounds.TryGetValue(id, out var bytes) && bytes.Length == sizeof(long) ? SingleValue.ToLong(bytes) : unknown;
}

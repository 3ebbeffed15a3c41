using System.Text.Json.Nodes;
using SmartCity.Core.Lake;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Tables;

/// <summary>A table of the lake as analysts see it: its columns, and the parts of its time that people group by.</summary>
internal sealed class CityTable
{
    private static readonly string[] Plates = ["plate", "read_plate", "pattern"];

    public static readonly IReadOnlyList<CityTable> All = [.. LakeTables.All.Select(t => new CityTable(t))];

    private CityTable(LakeTableDefinition definition)
    {
        Definition = definition;
        Time = definition.Name switch
        {
            "sightings" or "alerts" => "captured_at",
            "passages" => "first_at",
            _ => null,
        };
        Columns =
        [
            .. definition.Columns.Select(c => new CityColumn(c.Name, TypeOf(c.Type), null)),
            .. Time is null ? [] : CityColumn.OfTime,
            .. definition.Name == "charges" ? CityColumn.OfDay : [],
        ];
    }

    public LakeTableDefinition Definition { get; }

    public string Name => Definition.Name;

    /// <summary>The column that the parts are of; null if there are none.</summary>
    public string? Time { get; }

    public IReadOnlyList<CityColumn> Columns { get; }

    public CityColumn this[string name] => Columns.First(c => c.Name == name);

    /// <summary>Columns that only those may read who may see plates.</summary>
    public static bool IsPlate(string column) => Plates.Contains(column);

    private static LakeType TypeOf(JsonNode type) => type is JsonObject list
        ? list["element"]!.GetValue<string>() == "float" ? LakeType.Reals : LakeType.Texts
        : type.GetValue<string>() switch
        {
            "string" => LakeType.Text,
            "int" => LakeType.Int4,
            "double" => LakeType.Double,
            "boolean" => LakeType.Bool,
            "timestamptz" => LakeType.TimestampTz,
            "date" => LakeType.Date,
            var money when money.StartsWith("decimal(", StringComparison.Ordinal) => LakeType.Numeric(int.Parse(money[(money.IndexOf(',', StringComparison.Ordinal) + 1)..^1], System.Globalization.CultureInfo.InvariantCulture)),
            var other => throw new InvalidOperationException($"Columns of type {other} are not known here."),
        };
}

/// <param name="Expression">In DuckDB's words, from <c>local</c>, the city's own time (a timestamp), or from <c>"day"</c>; null for a column that is kept.</param>
internal sealed record CityColumn(string Name, LakeType Type, string? Expression)
{
    public static readonly IReadOnlyList<CityColumn> OfTime =
    [
        new("day", LakeType.Date, "CAST(local AS DATE)"),
        new("seen_local", LakeType.Timestamp, "local"),
        new("hour", LakeType.Int4, "CAST(date_part('hour', local) AS INTEGER)"),
        new("weekday", LakeType.Int4, "CAST(date_part('isodow', local) AS INTEGER)"),
        new("month", LakeType.Date, "CAST(date_trunc('month', local) AS DATE)"),
        new("quarter_hour", LakeType.Timestamp, "make_timestamp(epoch_us(local) - epoch_us(local) % 900000000)"),
    ];

    public static readonly IReadOnlyList<CityColumn> OfDay =
    [
        new("weekday", LakeType.Int4, "CAST(date_part('isodow', \"day\") AS INTEGER)"),
        new("month", LakeType.Date, "CAST(date_trunc('month', \"day\") AS DATE)"),
    ];
}

using System.Text.Json.Nodes;
using Npgsql;
using ParquetSharp;
using ParquetSharp.Schema;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>A column of a table of the lake: its field id, which never changes or returns, and its form in Postgres, Parquet and Iceberg.</summary>
internal abstract class LakeColumn(int id, string name, bool isRequired)
{
    public int Id { get; } = id;

    public string Name { get; } = name;

    public bool IsRequired { get; } = isRequired;

    /// <summary>The greatest id that the column uses.</summary>
    public virtual int LastId => Id;

    /// <summary>What older files without ids call the column's element.</summary>
    public virtual JsonObject NameMapping => new() { ["field-id"] = Id, ["names"] = new JsonArray(Name) };

    /// <summary>Different in almost every row: a dictionary would only cost time.</summary>
    public bool IsDistinct { get; init; }

    /// <summary>Iceberg's type.</summary>
    public abstract JsonNode Type { get; }

    public JsonObject ToJson() => new() { ["id"] = Id, ["name"] = Name, ["required"] = IsRequired, ["type"] = Type };

    /// <summary>The column in Parquet.</summary>
    public abstract Node Schema();

    public abstract LakeValues NewValues();

    /// <summary>A bound as Iceberg has it, from one of Parquet's; null if there is none that is short enough.</summary>
    public virtual byte[]? Bound(object value, bool isUpper) => value switch
    {
        bool v => SingleValue.Of(v),
        int v => SingleValue.Of(v),
        long v => SingleValue.Of(v),
        double v => SingleValue.Of(v),
        byte[] v when isUpper => SingleValue.UpperText(System.Text.Encoding.UTF8.GetString(v)) is { } text ? SingleValue.Of(text) : null,
        byte[] v => SingleValue.Of(SingleValue.LowerText(System.Text.Encoding.UTF8.GetString(v))),
        _ => null,
    };

    protected Repetition Repetition => IsRequired ? Repetition.Required : Repetition.Optional;
}

internal sealed class TextColumn(int id, string name, bool isRequired = false) : LakeColumn(id, name, isRequired)
{
    public override JsonNode Type => "string";

    public override Node Schema()
    {
        using var type = LogicalType.String();
        return new PrimitiveNode(Name, Repetition, type, PhysicalType.ByteArray, -1, Id);
    }

    public override LakeValues NewValues() => new TextValues();
}

/// <param name="type">Iceberg's.</param>
internal sealed class ValueColumn<T>(int id, string name, string type, PhysicalType physical, Func<LogicalType> logical, Func<NpgsqlDataReader, int, T> read, bool isRequired = false) : LakeColumn(id, name, isRequired)
    where T : struct, IComparable<T>
{
    public override JsonNode Type => type;

    public override Node Schema()
    {
        using var logicalType = logical();
        return new PrimitiveNode(Name, Repetition, logicalType, physical, -1, Id);
    }

    public override LakeValues NewValues() => new NullableValues<T>(read);

    public override byte[]? Bound(object value, bool isUpper) => value is long unscaled && typeof(T) == typeof(decimal) ? SingleValue.OfUnscaled(unscaled) : base.Bound(value, isUpper);
}

internal sealed class ListColumn<T>(int id, int elementId, string name, string type, PhysicalType physical, Func<LogicalType> logical) : LakeColumn(id, name, isRequired: false)
{
    public override int LastId => elementId;

    public override JsonObject NameMapping =>
        new() { ["field-id"] = Id, ["names"] = new JsonArray(Name), ["fields"] = new JsonArray(new JsonObject { ["field-id"] = elementId, ["names"] = new JsonArray("item", "element") }) };

    public override JsonNode Type => new JsonObject { ["type"] = "list", ["element-id"] = elementId, ["element"] = type, ["element-required"] = true };

    public override Node Schema()
    {
        using var logicalType = logical();
        using var list = LogicalType.List();
        return new GroupNode(Name, Repetition, [new GroupNode("list", Repetition.Repeated, [new PrimitiveNode("element", Repetition.Required, logicalType, physical, -1, elementId)])], list, Id);
    }

    public override LakeValues NewValues() => new ListValues<T>();

    public override byte[]? Bound(object value, bool isUpper) => null;
}

/// <summary>The kinds of columns that tables here have.</summary>
internal static class Columns
{
    public static TextColumn Text(int id, string name, bool isRequired = false, bool isDistinct = false) => new(id, name, isRequired) { IsDistinct = isDistinct };

    public static ValueColumn<int> Int(int id, string name, bool isRequired = false) => new(id, name, "int", PhysicalType.Int32, LogicalType.None, (r, i) => r.GetInt32(i), isRequired);

    public static ValueColumn<double> Double(int id, string name, bool isRequired = false) => new(id, name, "double", PhysicalType.Double, LogicalType.None, (r, i) => r.GetDouble(i), isRequired);

    public static ValueColumn<bool> Bool(int id, string name, bool isRequired = false) => new(id, name, "boolean", PhysicalType.Boolean, LogicalType.None, (r, i) => r.GetBoolean(i), isRequired);

    /// <summary>UTC, in microseconds.</summary>
    public static ValueColumn<DateTime> Time(int id, string name, bool isRequired = false, bool isDistinct = false) =>
        new(id, name, "timestamptz", PhysicalType.Int64, () => LogicalType.Timestamp(isAdjustedToUtc: true, TimeUnit.Micros), (r, i) => r.GetDateTime(i), isRequired) { IsDistinct = isDistinct };

    public static ValueColumn<Date> Day(int id, string name, bool isRequired = false) =>
        new(id, name, "date", PhysicalType.Int32, LogicalType.Date, (r, i) => new Date(r.GetFieldValue<DateOnly>(i).DayNumber - LakeDay.Epoch.DayNumber), isRequired);

    /// <summary>Pounds and pence.</summary>
    public static ValueColumn<decimal> Money(int id, string name, bool isRequired = false) =>
        new(id, name, "decimal(10, 2)", PhysicalType.Int64, () => LogicalType.Decimal(10, 2), (r, i) => r.GetDecimal(i), isRequired);

    public static ListColumn<float> Floats(int id, int elementId, string name) => new(id, elementId, name, "float", PhysicalType.Float, LogicalType.None);

    public static ListColumn<string> Texts(int id, int elementId, string name) => new(id, elementId, name, "string", PhysicalType.ByteArray, LogicalType.String);
}

namespace SmartCity.Lake.Sql;

/// <summary>Types that the lake has a value of, each with one text in Postgres.</summary>
internal enum LakeKind
{
    /// <summary>NULL or a text literal, whose type its surroundings decide.</summary>
    Unknown,
    Bool,
    Int4,
    Int8,
    Numeric,
    Double,
    Text,
    Date,
    Timestamp,
    TimestampTz,
    Interval,
    Texts,
    Reals,
}

/// <param name="Scale">Digits after the point of every value of the expression; of Numeric only.</param>
internal readonly record struct LakeType(LakeKind Kind, int Scale = 0)
{
    public static readonly LakeType Unknown = new(LakeKind.Unknown);
    public static readonly LakeType Bool = new(LakeKind.Bool);
    public static readonly LakeType Int4 = new(LakeKind.Int4);
    public static readonly LakeType Int8 = new(LakeKind.Int8);
    public static readonly LakeType Double = new(LakeKind.Double);
    public static readonly LakeType Text = new(LakeKind.Text);
    public static readonly LakeType Date = new(LakeKind.Date);
    public static readonly LakeType Timestamp = new(LakeKind.Timestamp);
    public static readonly LakeType TimestampTz = new(LakeKind.TimestampTz);
    public static readonly LakeType Interval = new(LakeKind.Interval);
    public static readonly LakeType Texts = new(LakeKind.Texts);
    public static readonly LakeType Reals = new(LakeKind.Reals);

    public static LakeType Numeric(int scale) => new(LakeKind.Numeric, scale);

    public bool IsInteger => Kind is LakeKind.Int4 or LakeKind.Int8;

    public bool IsNumber => IsInteger || Kind is LakeKind.Numeric or LakeKind.Double;

    public bool IsTime => Kind is LakeKind.Date or LakeKind.Timestamp or LakeKind.TimestampTz;

    /// <summary>Type in Postgres' catalogue.</summary>
    public uint Oid => Kind switch
    {
        LakeKind.Bool => 16,
        LakeKind.Int8 => 20,
        LakeKind.Int4 => 23,
        LakeKind.Text or LakeKind.Unknown => 25,
        LakeKind.Double => 701,
        LakeKind.Texts => 1009,
        LakeKind.Reals => 1021,
        LakeKind.Date => 1082,
        LakeKind.Timestamp => 1114,
        LakeKind.TimestampTz => 1184,
        LakeKind.Interval => 1186,
        LakeKind.Numeric => 1700,
        _ => 0,
    };

    public string Postgres => Kind switch
    {
        LakeKind.Bool => "boolean",
        LakeKind.Int8 => "bigint",
        LakeKind.Int4 => "integer",
        LakeKind.Text or LakeKind.Unknown => "text",
        LakeKind.Double => "double precision",
        LakeKind.Texts => "text[]",
        LakeKind.Reals => "real[]",
        LakeKind.Date => "date",
        LakeKind.Timestamp => "timestamp without time zone",
        LakeKind.TimestampTz => "timestamp with time zone",
        LakeKind.Interval => "interval",
        _ => "numeric",
    };

    public string Duck => Kind switch
    {
        LakeKind.Bool => "BOOLEAN",
        LakeKind.Int8 => "BIGINT",
        LakeKind.Int4 => "INTEGER",
        LakeKind.Text or LakeKind.Unknown => "VARCHAR",
        LakeKind.Double => "DOUBLE",
        LakeKind.Texts => "VARCHAR[]",
        LakeKind.Reals => "FLOAT[]",
        LakeKind.Date => "DATE",
        LakeKind.Timestamp => "TIMESTAMP",
        LakeKind.TimestampTz => "TIMESTAMP WITH TIME ZONE",
        LakeKind.Interval => "INTERVAL",
        _ => $"DECIMAL(38, {Scale})",
    };
}

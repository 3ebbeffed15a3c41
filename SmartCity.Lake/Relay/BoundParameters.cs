using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Relay;

/// <summary>The values of a statement's parameters, and the forms in which its client wants the columns.</summary>
internal sealed record BoundParameters(IReadOnlyList<Expr> Values, IReadOnlyList<short> ResultFormats)
{
    private static readonly DateTime PostgresEpoch = new(2000, 1, 1, 0, 0, 0, DateTimeKind.Utc);

    /// <exception cref="NotForTheLakeException">A parameter has a type or a form that is not known here.</exception>
    public static BoundParameters Read(Message bind, IReadOnlyList<uint> types)
    {
        try
        {
            return ReadWhole(bind, types);
        }
        catch (Exception e) when (e is InvalidDataException or OverflowException or IndexOutOfRangeException)
        {
            throw new NotForTheLakeException("its parameters are not those of the protocol"); // Postgres says what is wrong with them
        }
    }

    private static BoundParameters ReadWhole(Message bind, IReadOnlyList<uint> types)
    {
        var body = new BodyReader(bind.Body.Span);
        body.Text();
        body.Text();
        var formats = new short[body.Int16()];
        for (var i = 0; i < formats.Length; i++)
        {
            formats[i] = body.Int16();
        }

        var values = new Expr[body.Int16()];
        for (var i = 0; i < values.Length; i++)
        {
            var length = body.Int32();
            var type = i < types.Count ? types[i] : 0;
            values[i] = length < 0 ? Null(type) : Value(type, body.Bytes(length), formats.Length == 0 ? (short)0 : formats.Length == 1 ? formats[0] : formats[i]);
        }

        var results = new short[body.Int16()];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = body.Int16();
        }

        return new BoundParameters(values, results);
    }

    /// <summary>Which columns are to be binary.</summary>
    public bool[] Formats(int columns) => [.. Enumerable.Range(0, columns).Select(i => ResultFormats.Count switch
    {
        0 => false,
        1 => ResultFormats[0] == 1,
        _ => i < ResultFormats.Count && ResultFormats[i] == 1,
    })];

    private static Expr Null(uint oid) => TypeOf(oid) is var type ? new Expr($"CAST(NULL AS {type.Duck})", type) { IsNull = true, Constant = $"NULL::{type.Postgres}" } : throw new InvalidOperationException();

    private static Expr Value(uint oid, ReadOnlySpan<byte> bytes, short format)
    {
        var type = TypeOf(oid);
        if (format == 0)
        {
            return FromText(type, Encoding.UTF8.GetString(bytes));
        }

        return (type.Kind, bytes.Length) switch
        {
            (LakeKind.Bool, 1) => Translator.Of(bytes[0] != 0),
            (LakeKind.Int4, sizeof(short)) => Number(BinaryPrimitives.ReadInt16BigEndian(bytes), type),
            (LakeKind.Int4, sizeof(int)) => Number(BinaryPrimitives.ReadInt32BigEndian(bytes), type),
            (LakeKind.Int8, sizeof(long)) => Number(BinaryPrimitives.ReadInt64BigEndian(bytes), type),
            (LakeKind.Double, sizeof(double)) when BinaryPrimitives.ReadDoubleBigEndian(bytes) is var number && double.IsFinite(number) => Translator.Of(number),
            (LakeKind.Text, _) => FromText(type, Encoding.UTF8.GetString(bytes)),
            (LakeKind.Date, sizeof(int)) when BinaryPrimitives.ReadInt32BigEndian(bytes) is var days && Math.Abs((long)days) < 700_000 => FromText(type, PostgresEpoch.AddDays(days).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture)),
            (LakeKind.Timestamp or LakeKind.TimestampTz, sizeof(long)) when BinaryPrimitives.ReadInt64BigEndian(bytes) is var micros and > -(long.MaxValue / 200) and < long.MaxValue / 200 =>
                FromText(type, PostgresEpoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond).ToString("yyyy-MM-dd HH:mm:ss.ffffff", CultureInfo.InvariantCulture) + (type == LakeType.TimestampTz ? "+00" : "")),
            _ => throw new NotForTheLakeException($"it has a parameter of {type.Postgres} in binary"),
        };
    }

    private static Expr FromText(LakeType type, string text) => type.Kind switch
    {
        _ when !BodyReader.IsSound(text) => throw new NotForTheLakeException("a parameter is not UTF-8"),
        LakeKind.Text => Translator.Of(text) with { Type = LakeType.Text, Constant = $"{Translator.Quote(text)}::text" },
        LakeKind.Bool when text is "t" or "true" or "f" or "false" => Translator.Of(text[0] == 't'),
        LakeKind.Int4 or LakeKind.Int8 when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number) => Number(number, type),
        LakeKind.Double when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number) => Translator.Of(number),
        LakeKind.Date or LakeKind.Timestamp or LakeKind.TimestampTz => new Expr("", type) { Constant = $"{Translator.Quote(text)}::{type.Postgres}" },
        _ => throw new NotForTheLakeException($"it has a parameter of {type.Postgres}"),
    };

    private static Expr Number(long value, LakeType type) => Translator.Of(value) with { Sql = string.Create(CultureInfo.InvariantCulture, $"CAST({value} AS {type.Duck})"), Type = type, Constant = string.Create(CultureInfo.InvariantCulture, $"({value})::{type.Postgres}") };

    private static LakeType TypeOf(uint oid) => oid switch
    {
        16 => LakeType.Bool,
        20 => LakeType.Int8,
        21 or 23 => LakeType.Int4,
        25 or 1043 => LakeType.Text,
        701 => LakeType.Double,
        1082 => LakeType.Date,
        1114 => LakeType.Timestamp,
        1184 => LakeType.TimestampTz,
        _ => throw new NotForTheLakeException("it has a parameter of a type that the lake does not know"),
    };
}

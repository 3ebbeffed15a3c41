using System.Globalization;
using System.Text;
using DuckDB.NET.Data;
using SmartCity.Lake.Sql;

namespace SmartCity.Lake.Relay;

/// <summary>Writes DuckDB's values as Postgres does, to the last byte of text.</summary>
internal sealed class RowEncoder(IReadOnlyList<LakeType> types, IReadOnlyList<bool> binary, TimeZoneInfo zone)
{
    private const long MicrosecondsOfASecond = 1_000_000;
    private const int NumericGroup = 4;

    private static readonly DateTime Epoch = new(1970, 1, 1, 0, 0, 0, DateTimeKind.Utc);
    private static readonly int PostgresEpochDays = (int)(new DateTime(2000, 1, 1) - Epoch.Date).TotalDays;
    private static readonly long PostgresEpoch = PostgresEpochDays * 86_400L * MicrosecondsOfASecond;

    /// <summary>The statement as it is asked, so that every value has a form that is read here.</summary>
    public static string Readable(string sql, IReadOnlyList<LakeType> types) => $"SELECT {string.Join(", ", types.Select((t, i) => t.Kind switch
    {
        LakeKind.Numeric => $"CAST(c{i} AS VARCHAR)",
        LakeKind.Timestamp or LakeKind.TimestampTz => $"epoch_us(c{i})",
        LakeKind.Date => $"CAST(c{i} - DATE '1970-01-01' AS BIGINT)",
        _ => $"c{i}",
    }))} FROM ({sql}) AS result";

    /// <summary>Whether a type can be sent in binary.</summary>
    public static bool HasBinary(LakeType type) => type.Kind is not (LakeKind.Texts or LakeKind.Reals or LakeKind.Interval);

    /// <exception cref="LakeValueException">A value cannot be sent as Postgres would.</exception>
    public void Write(MessageWriter writer, DuckDBDataReader row)
    {
        writer.Begin('D').Int16((short)types.Count);
        for (var i = 0; i < types.Count; i++)
        {
            if (row.IsDBNull(i))
            {
                writer.Int32(-1);
            }
            else if (binary[i])
            {
                WriteBinary(writer, row, i);
            }
            else
            {
                writer.Counted(Text(row, i));
            }
        }

        writer.End();
    }

    private string Text(DuckDBDataReader row, int i) => types[i].Kind switch
    {
        LakeKind.Bool => row.GetBoolean(i) ? "t" : "f",
        LakeKind.Int4 => row.GetInt32(i).ToString(CultureInfo.InvariantCulture),
        LakeKind.Int8 => row.GetInt64(i).ToString(CultureInfo.InvariantCulture),
        LakeKind.Double => Fraction(Finite(row.GetDouble(i)).ToString("R", CultureInfo.InvariantCulture), mostWhole: 15),
        LakeKind.Date => Day(row.GetInt64(i)),
        LakeKind.Timestamp => Time(row.GetInt64(i)),
        LakeKind.TimestampTz => TimeInZone(row.GetInt64(i)),
        LakeKind.Texts => $"{{{string.Join(',', row.GetFieldValue<List<string>>(i).Select(Element))}}}",
        LakeKind.Reals => $"{{{string.Join(',', row.GetFieldValue<List<float>>(i).Select(v => Fraction(v.ToString("R", CultureInfo.InvariantCulture), mostWhole: 6)))}}}",
        _ => row.GetString(i),
    };

    private void WriteBinary(MessageWriter writer, DuckDBDataReader row, int i)
    {
        switch (types[i].Kind)
        {
            case LakeKind.Bool:
                writer.Int32(1).Byte(row.GetBoolean(i) ? (byte)1 : (byte)0);
                break;
            case LakeKind.Int4:
                writer.Int32(sizeof(int)).Int32(row.GetInt32(i));
                break;
            case LakeKind.Int8:
                writer.Int32(sizeof(long)).Int64(row.GetInt64(i));
                break;
            case LakeKind.Double:
                writer.Int32(sizeof(double)).Int64(BitConverter.DoubleToInt64Bits(Finite(row.GetDouble(i))));
                break;
            case LakeKind.Date:
                writer.Int32(sizeof(int)).Int32(checked((int)row.GetInt64(i) - PostgresEpochDays));
                break;
            case LakeKind.Timestamp or LakeKind.TimestampTz:
                writer.Int32(sizeof(long)).Int64(row.GetInt64(i) - PostgresEpoch);
                break;
            case LakeKind.Numeric:
                Numeric(writer, row.GetString(i));
                break;
            default:
                writer.Counted(row.GetString(i));
                break;
        }
    }

    // Groups of four decimal digits, the first of which has a weight.
    private static void Numeric(MessageWriter writer, string text)
    {
        var negative = text.StartsWith('-');
        var digits = text.TrimStart('-');
        var point = digits.IndexOf('.', StringComparison.Ordinal);
        var (whole, fraction) = point < 0 ? (digits, "") : (digits[..point], digits[(point + 1)..]);
        var scale = fraction.Length;
        whole = whole.TrimStart('0');
        whole = whole.PadLeft((whole.Length + NumericGroup - 1) / NumericGroup * NumericGroup, '0');
        fraction = fraction.PadRight((fraction.Length + NumericGroup - 1) / NumericGroup * NumericGroup, '0');
        var groups = (whole + fraction).Chunk(NumericGroup).Select(g => short.Parse(g, NumberStyles.None, CultureInfo.InvariantCulture)).ToList();
        var weight = (whole.Length / NumericGroup) - 1;
        while (groups.Count > 0 && groups[0] == 0)
        {
            groups.RemoveAt(0);
            weight--;
        }

        while (groups.Count > 0 && groups[^1] == 0)
        {
            groups.RemoveAt(groups.Count - 1);
        }

        writer.Int32((4 + groups.Count) * sizeof(short)).Int16((short)groups.Count).Int16(groups.Count == 0 ? (short)0 : (short)weight)
            .Int16(negative && groups.Count > 0 ? (short)0x4000 : (short)0).Int16((short)scale);
        groups.ForEach(g => writer.Int16(g));
    }

    private static double Finite(double value) => double.IsFinite(value) ? value : throw new LakeValueException("value out of range: overflow");

    /// <summary>The shortest digits, in Postgres' layout.</summary>
    /// <param name="shortest">As .NET writes them.</param>
    /// <param name="mostWhole">Numbers with more digits before the point have an exponent.</param>
    internal static string Fraction(string shortest, int mostWhole)
    {
        if (shortest is "NaN")
        {
            return shortest;
        }

        var sign = shortest.StartsWith('-') ? "-" : "";
        var e = shortest.IndexOf('E', StringComparison.Ordinal);
        var exponent = e < 0 ? 0 : int.Parse(shortest.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);
        var mantissa = shortest[sign.Length..(e < 0 ? shortest.Length : e)];
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        var digits = mantissa.Replace(".", "", StringComparison.Ordinal);
        exponent += (point < 0 ? mantissa.Length : point) - 1;
        var zeros = digits.Length - digits.TrimStart('0').Length;
        digits = digits[zeros..].TrimEnd('0');
        exponent -= zeros;
        if (digits.Length == 0)
        {
            return sign + "0";
        }

        if (exponent < -4 || exponent >= mostWhole)
        {
            return $"{sign}{digits[0]}{(digits.Length > 1 ? "." + digits[1..] : "")}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent).ToString("00", CultureInfo.InvariantCulture)}";
        }

        return exponent < 0 ? $"{sign}0.{new string('0', -exponent - 1)}{digits}"
            : digits.Length <= exponent + 1 ? sign + digits.PadRight(exponent + 1, '0')
            : $"{sign}{digits[..(exponent + 1)]}.{digits[(exponent + 1)..]}";
    }

    private static string Day(long days) => Moment(days * 86_400 * MicrosecondsOfASecond).ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);

    private static string Time(long micros)
    {
        var moment = Moment(micros);
        var text = moment.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        return moment.Ticks % TimeSpan.TicksPerSecond is var part && part == 0
            ? text
            : $"{text}.{(part / TimeSpan.TicksPerMicrosecond).ToString("000000", CultureInfo.InvariantCulture).TrimEnd('0')}";
    }

    // Zones had odd seconds before 1970, and what they will be in decades nobody knows.
    private string TimeInZone(long micros)
    {
        var offset = (micros >= 0 && micros < int.MaxValue * MicrosecondsOfASecond) || (zone.BaseUtcOffset == TimeSpan.Zero && !zone.SupportsDaylightSavingTime)
            ? zone.GetUtcOffset(new DateTimeOffset(Moment(micros), TimeSpan.Zero))
            : throw new LakeValueException("a time before 1970 or after 2037 is not written in this time zone by the lake");
        var (sign, size) = (offset < TimeSpan.Zero ? '-' : '+', offset.Duration());
        return string.Create(CultureInfo.InvariantCulture, $"{Time(micros + (offset.Ticks / TimeSpan.TicksPerMicrosecond))}{sign}{size.Hours:00}{(size.Minutes == 0 ? "" : $":{size.Minutes:00}")}");
    }

    // Other years have no four digits, or another era.
    private static DateTime Moment(long micros) => micros >= -62_135_596_800 * MicrosecondsOfASecond && micros < 253_402_300_800 * MicrosecondsOfASecond
        ? Epoch.AddTicks(micros * TimeSpan.TicksPerMicrosecond)
        : throw new LakeValueException("a time before the first year or after the year 9999 is not written by the lake");

    private static string Element(string value)
    {
        var plain = value.Length > 0 && !value.Equals("null", StringComparison.OrdinalIgnoreCase) && !value.Any(c => c is '{' or '}' or ',' or '"' or '\\' || char.IsWhiteSpace(c));
        return plain ? value : new StringBuilder(value).Replace("\\", "\\\\").Replace("\"", "\\\"").Insert(0, '"').Append('"').ToString();
    }
}

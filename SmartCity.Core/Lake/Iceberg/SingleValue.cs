using System.Buffers.Binary;
using System.Text;

namespace SmartCity.Core.Lake.Iceberg;

/// <summary>Iceberg's binary form of one value, as bounds and partitions have it.</summary>
internal static class SingleValue
{
    private const int MostCharacters = 16;

    public static byte[] Of(int value)
    {
        var bytes = new byte[sizeof(int)];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Of(long value)
    {
        var bytes = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Of(double value)
    {
        var bytes = new byte[sizeof(double)];
        BinaryPrimitives.WriteDoubleLittleEndian(bytes, value);
        return bytes;
    }

    public static byte[] Of(bool value) => [value ? (byte)1 : (byte)0];

    /// <summary>A decimal's unscaled value: big-endian, as few bytes as hold it.</summary>
    public static byte[] OfUnscaled(long value) => new System.Numerics.BigInteger(value).ToByteArray(isUnsigned: false, isBigEndian: true);

    public static byte[] Of(string value) => Encoding.UTF8.GetBytes(value);

    /// <summary>A value of a partition.</summary>
    public static byte[] OfPartition(object value) => value is int day ? Of(day) : Of((string)value);

    /// <summary>A text that is not above the one given and short.</summary>
    public static string LowerText(string value)
    {
        var runes = value.EnumerateRunes().Take(MostCharacters + 1).ToList();
        return runes.Count <= MostCharacters ? value : string.Concat(runes.Take(MostCharacters));
    }

    /// <summary>A short text that is not below the one given; null if there is none.</summary>
    public static string? UpperText(string value)
    {
        var runes = value.EnumerateRunes().Take(MostCharacters + 1).ToList();
        if (runes.Count <= MostCharacters)
        {
            return value;
        }

        for (var i = MostCharacters - 1; i >= 0; i--)
        {
            if (Rune.TryCreate(runes[i].Value + 1, out var next))
            {
                return string.Concat(runes.Take(i)) + next;
            }
        }

        return null;
    }

    public static int ToInt(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt32LittleEndian(value);

    public static long ToLong(ReadOnlySpan<byte> value) => BinaryPrimitives.ReadInt64LittleEndian(value);
}

using System.Buffers;
using System.Buffers.Binary;
using System.IO.Hashing;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// A record on disk: mark (4 bytes), payload length (4 bytes), CRC-32 of length and payload (4 bytes), payload. Little endian.
/// The mark lets a reader find the next record behind a damaged one.
/// </summary>
internal static class SpoolFrame
{
    public const int HeaderBytes = 12;
    public const int MaximumPayloadBytes = 512 * 1024;
    private const uint Mark = 0x31_50_53_A7;

    public static void Write(IBufferWriter<byte> to, ReadOnlySpan<byte> payload)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaximumPayloadBytes);
        var frame = to.GetSpan(HeaderBytes + payload.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(frame, Mark);
        BinaryPrimitives.WriteInt32LittleEndian(frame[4..], payload.Length);
        payload.CopyTo(frame[HeaderBytes..]);
        BinaryPrimitives.WriteUInt32LittleEndian(frame[8..], Checksum(frame[4..8], payload));
        to.Advance(HeaderBytes + payload.Length);
    }

    /// <summary>The payload of a whole frame at the beginning of <paramref name="bytes"/>; false when there is none or it is damaged.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> payload)
    {
        payload = default;
        if (bytes.Length < HeaderBytes || BinaryPrimitives.ReadUInt32LittleEndian(bytes) != Mark)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(bytes[4..]);
        if (length is < 0 or > MaximumPayloadBytes || length > bytes.Length - HeaderBytes)
        {
            return false;
        }

        payload = bytes.Slice(HeaderBytes, length);
        return Checksum(bytes[4..8], payload) == BinaryPrimitives.ReadUInt32LittleEndian(bytes[8..]);
    }

    /// <summary>Bytes until the next whole frame; -1 when none follows.</summary>
    public static int Next(ReadOnlySpan<byte> bytes)
    {
        Span<byte> mark = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(mark, Mark);
        for (var at = 0; bytes[at..].IndexOf(mark) is >= 0 and var found; at++)
        {
            at += found;
            if (TryRead(bytes[at..], out _))
            {
                return at;
            }
        }

        return -1;
    }

    private static uint Checksum(ReadOnlySpan<byte> length, ReadOnlySpan<byte> payload)
    {
        var crc = new Crc32();
        crc.Append(length);
        crc.Append(payload);
        return crc.GetCurrentHashAsUInt32();
    }
}

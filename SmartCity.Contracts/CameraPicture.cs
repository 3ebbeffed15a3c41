using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace SmartCity.Contracts;

/// <summary>
/// The newest picture of a camera in the object store: one object a camera, overwritten, never evidence.
/// Its capture time is in a comment of the JPEG itself, so that the two cannot be separated.
/// </summary>
public static class CameraPicture
{
    private const byte Marker = 0xFF;
    private const byte StartOfImage = 0xD8;
    private const byte Comment = 0xFE;
    private const string Captured = "captured ";
    private const string Format = "yyyy-MM-dd'T'HH:mm:ss.fff'Z'";

    /// <summary>Object key of a camera's picture.</summary>
    public static string Key(string stationId, string cameraId) => $"pictures/{stationId}/{cameraId}.jpg";

    /// <summary>The JPEG with its capture time in it.</summary>
    public static byte[] Stamp(ReadOnlySpan<byte> jpeg, DateTimeOffset capturedAt)
    {
        var text = Encoding.ASCII.GetBytes(Captured + capturedAt.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
        var stamped = new byte[jpeg.Length + text.Length + 4];
        jpeg[..2].CopyTo(stamped);
        (stamped[2], stamped[3]) = (Marker, Comment);
        BinaryPrimitives.WriteUInt16BigEndian(stamped.AsSpan(4), (ushort)(text.Length + 2));
        text.CopyTo(stamped, 6);
        jpeg[2..].CopyTo(stamped.AsSpan(6 + text.Length));
        return stamped;
    }

    /// <summary>UTC capture time of a stamped picture; null when it has none.</summary>
    public static DateTimeOffset? CapturedAt(ReadOnlySpan<byte> jpeg)
    {
        if (jpeg.Length < 6 || !jpeg.StartsWith((ReadOnlySpan<byte>)[Marker, StartOfImage, Marker, Comment]))
        {
            return null;
        }

        var length = BinaryPrimitives.ReadUInt16BigEndian(jpeg[4..]) - 2;
        return length > Captured.Length && length <= jpeg.Length - 6
            && Encoding.ASCII.GetString(jpeg.Slice(6, length)) is var text
            && text.StartsWith(Captured, StringComparison.Ordinal)
            && DateTimeOffset.TryParseExact(text[Captured.Length..], Format, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out var at)
            ? at
            : null;
    }
}

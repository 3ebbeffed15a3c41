using System.Globalization;
using System.IO.Hashing;
using System.Text;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>Ids of sightings that follow from what was seen, where the same frames may be read again.</summary>
internal static class FrameOrigin
{
    private const int HeadBytes = 1 << 20;

    /// <summary>Of a picture.</summary>
    public static string Of(byte[] content) => Convert.ToHexStringLower(XxHash128.Hash(content));

    /// <summary>Of a video: its length and its first megabyte.</summary>
    public static string OfFile(string path)
    {
        using var file = File.OpenRead(path);
        var head = new byte[Math.Min(HeadBytes, file.Length)];
        file.ReadExactly(head);
        return string.Create(CultureInfo.InvariantCulture, $"{file.Length}-{Of(head)}");
    }

    /// <summary>A UUID v7 of a capture time whose random bits are a digest of the frame's origin, the camera, the time and the plate's place.</summary>
    public static Guid SightingId(string origin, string cameraId, DateTimeOffset capturedAt, Rect box)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{origin}|{cameraId}|{capturedAt.ToUnixTimeMilliseconds()}|{box.X},{box.Y},{box.Width},{box.Height}");
        Span<byte> id = stackalloc byte[16];
        XxHash128.Hash(Encoding.UTF8.GetBytes(name), id);
        Span<byte> time = stackalloc byte[8];
        System.Buffers.Binary.BinaryPrimitives.WriteInt64BigEndian(time, capturedAt.ToUnixTimeMilliseconds());
        time[2..].CopyTo(id);
        id[6] = (byte)((id[6] & 0x0F) | 0x70);
        id[8] = (byte)((id[8] & 0x3F) | 0x80);
        return new Guid(id, bigEndian: true);
    }
}

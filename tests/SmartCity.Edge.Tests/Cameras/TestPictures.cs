using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using OpenCvSharp;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>Pictures of a grey street with a yellow plate, and files that are none.</summary>
internal static class TestPictures
{
    public const int Width = 640;
    public const int Height = 360;

    /// <summary>The street with a plate whose left end is at x; empty without a plate. The caller disposes it.</summary>
    public static Mat Street(string? plate = null, int x = 200, int y = 180)
    {
        var picture = new Mat(Height, Width, MatType.CV_8UC3, new Scalar(96, 96, 92));
        Cv2.Rectangle(picture, new Rect(0, 0, Width, 90), new Scalar(205, 195, 180), -1);
        if (plate is not null)
        {
            Cv2.Rectangle(picture, new Rect(x - 60, y - 90, 340, 190), new Scalar(110, 40, 30), -1);
            Cv2.Rectangle(picture, new Rect(x, y, 220, 48), new Scalar(40, 200, 245), -1);
            Cv2.PutText(picture, plate, new Point(x + 12, y + 37), HersheyFonts.HersheySimplex, 1.3, Scalar.Black, 4, LineTypes.AntiAlias);
        }

        return picture;
    }

    public static byte[] Jpeg(string? plate = null)
    {
        using var street = Street(plate);
        return street.ImEncode(".jpg", new ImageEncodingParam(ImwriteFlags.JpegQuality, 92));
    }

    /// <summary>The picture with EXIF: <c>DateTimeOriginal</c> as <c>yyyy:MM:dd HH:mm:ss</c>, and <c>OffsetTimeOriginal</c> as <c>+01:00</c>.</summary>
    public static byte[] Taken(byte[] jpeg, string at, string? offset = null)
    {
        List<(ushort Tag, byte[] Text)> fields = [(0x9003, Text(at))];
        if (offset is not null)
        {
            fields.Add((0x9011, Text(offset)));
        }

        // Little-endian TIFF: the first directory has only where the EXIF directory lies, whose texts lie behind it.
        using var tiff = new MemoryStream();
        using var writer = new BinaryWriter(tiff);
        writer.Write("II*\0"u8);
        writer.Write(8);
        writer.Write((ushort)1);
        Entry(0x8769, 4, 1, 26);
        writer.Write(0);
        writer.Write((ushort)fields.Count);
        var place = 26 + 2 + 12 * fields.Count + 4;
        foreach (var (tag, text) in fields)
        {
            Entry(tag, 2, text.Length, place);
            place += text.Length;
        }

        writer.Write(0);
        fields.ForEach(f => writer.Write(f.Text));
        var length = (ushort)(2 + 6 + tiff.Length);
        return [0xFF, 0xD8, 0xFF, 0xE1, (byte)(length >> 8), (byte)length, .. "Exif\0\0"u8, .. tiff.ToArray(), .. jpeg.AsSpan(2)];

        static byte[] Text(string text) => [.. System.Text.Encoding.ASCII.GetBytes(text), 0];

        void Entry(ushort tag, ushort type, int count, int value)
        {
            writer.Write(tag);
            writer.Write(type);
            writer.Write(count);
            writer.Write(value);
        }
    }

    public static byte[] Png(int width, int height)
    {
        using var picture = new Mat(height, width, MatType.CV_8UC3, Scalar.White);
        return picture.ImEncode(".png");
    }

    /// <summary>A whole, valid PNG of 900 million white pixels in about a hundred kilobytes.</summary>
    public static byte[] PngBomb()
    {
        const int side = 30_000;
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]);
        var header = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, side);
        BinaryPrimitives.WriteInt32BigEndian(header.AsSpan(4), side);
        header[8] = 1; // one bit a pixel, grey
        Chunk(file, "IHDR"u8, header);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var row = new byte[1 + (side + 7) / 8];
            for (var y = 0; y < side; y++)
            {
                zlib.Write(row);
            }
        }

        Chunk(file, "IDAT"u8, packed.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    /// <summary>A JPEG whose header claims 65,535 × 65,535 pixels.</summary>
    public static byte[] JpegBomb()
    {
        var jpeg = Jpeg();
        var frame = jpeg.AsSpan().IndexOf((ReadOnlySpan<byte>)[0xFF, 0xC0]);
        jpeg.AsSpan(frame + 5, 4).Fill(0xFF);
        return jpeg;
    }

    /// <summary>Motion JPEG in an AVI at eight frames a second.</summary>
    public static void Video(string path, IEnumerable<Mat> frames)
    {
        using var video = new VideoWriter(path, FourCC.MJPG, 8, new Size(Width, Height));
        Assert.True(video.IsOpened());
        foreach (var frame in frames)
        {
            video.Write(frame);
            frame.Dispose();
        }
    }

    private static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, byte[] data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        var crc = new Crc32();
        crc.Append(type);
        crc.Append(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, crc.GetCurrentHashAsUInt32());
        file.Write(number);
    }
}

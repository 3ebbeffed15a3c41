using System.Buffers.Binary;
using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Opens JPEG and PNG pictures that nobody has vouched for.</summary>
public static class Pictures
{
    /// <summary>As many pixels as a picture may have that a person chose; a camera's own have a lower limit.</summary>
    public const long MostPixels = 200_000_000;

    private const int Smallest = 16;

    // A camera that stops sending too early loses its lowest rows, where no plate is.
    private const double LeastThere = 0.95;

    // Picture data that no encoder makes of a missing part.
    private static readonly byte[] OtherData = [.. Enumerable.Range(0, 16).SelectMany(i => new byte[] { 0x5A, 0x93, 0xC6, (byte)(0x11 + 7 * i) })];
    private static readonly byte[] EndMark = [0xFF, 0xD9];

    /// <summary>The picture, BGR. Bytes before its start and behind its end are left out; a missing end mark is borne, and so are a few rows that are missing at the bottom.</summary>
    /// <exception cref="InvalidDataException">It is no JPEG or PNG of a sane size that can be decoded; the message says what it is instead.</exception>
    public static Mat Decode(byte[] content, long mostPixels)
    {
        var look = Look(content, mostPixels);
        if (look.Jpeg is { End: < 0 } cutOff)
        {
            return Mended(content, cutOff);
        }

        return Unpack(look.Jpeg is null ? content : content.AsSpan(look.Jpeg.Start, look.Jpeg.End - look.Jpeg.Start), look.Kind);
    }

    /// <summary>How many pixels it will have, before anything is unpacked.</summary>
    /// <exception cref="InvalidDataException">It is no JPEG or PNG of a sane size; the message says what it is instead.</exception>
    public static long Pixels(byte[] content, long mostPixels) => Look(content, mostPixels).Pixels;

    private static Mat Unpack(ReadOnlySpan<byte> content, string kind)
    {
        var image = Cv2.ImDecode(content, ImreadModes.Color);
        if (image.Empty())
        {
            image.Dispose();
            throw new InvalidDataException($"The {kind} is damaged and cannot be decoded.");
        }

        return image;
    }

    // What is missing is found by decoding it twice, with two different ends: what differs was not in the file.
    private static Mat Mended(byte[] content, JpegOutline outline)
    {
        var data = content.AsSpan(outline.Start);
        var image = Unpack([.. data, .. EndMark], "JPEG");
        try
        {
            ReadOnlySpan<byte> restart = outline.Restarts ? [0xFF, (byte)(0xD0 + outline.NextRestart), .. OtherData] : [];
            using var other = Unpack([.. data, .. OtherData, .. restart, .. EndMark], "JPEG");
            var there = RowsAlike(image, other);
            return there >= image.Height * LeastThere
                ? image
                : throw new InvalidDataException($"The JPEG is cut off: only the upper {100 * there / image.Height} % of the picture is there.");
        }
        catch
        {
            image.Dispose();
            throw;
        }
    }

    private static int RowsAlike(Mat image, Mat other)
    {
        using var difference = new Mat();
        Cv2.Absdiff(image, other, difference);
        using var rows = new Mat();
        Cv2.Reduce(difference.Reshape(1), rows, ReduceDimension.Column, ReduceTypes.Max, -1);
        rows.GetArray(out byte[] differences);
        var first = Array.FindIndex(differences, d => d > 0);
        return first < 0 ? differences.Length : first;
    }

    private static (string Kind, long Pixels, JpegOutline? Jpeg) Look(byte[] content, long mostPixels)
    {
        if (content.Length == 0)
        {
            throw new InvalidDataException("The picture is empty.");
        }

        var (kind, width, height, jpeg) = Header(content);
        if ((long)width * height > mostPixels)
        {
            throw new InvalidDataException($"The picture has {width} × {height} pixels; at most {mostPixels} are allowed.");
        }

        if (width < Smallest || height < Smallest)
        {
            throw new InvalidDataException($"The picture has {width} × {height} pixels; at least {Smallest} × {Smallest} are needed to see a plate.");
        }

        if (kind == "PNG" && content.AsSpan().LastIndexOf("IEND"u8) < 0)
        {
            throw new InvalidDataException("The PNG is cut off: its end is missing.");
        }

        return (kind, (long)width * height, jpeg);
    }

    // Sizes from the headers, before anything is unpacked: a small file may claim a huge picture.
    private static (string Kind, int Width, int Height, JpegOutline? Jpeg) Header(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) && content.Length >= 24)
        {
            return ("PNG", BinaryPrimitives.ReadInt32BigEndian(content[16..]), BinaryPrimitives.ReadInt32BigEndian(content[20..]), null);
        }

        var jpeg = JpegOutline.Of(content);
        if (jpeg.Start < 0)
        {
            throw new InvalidDataException("This is neither a JPEG nor a PNG.");
        }

        return jpeg.Width > 0 ? ("JPEG", jpeg.Width, jpeg.Height, jpeg) : throw new InvalidDataException("The JPEG is cut off: its size is missing.");
    }
}

using System.Buffers.Binary;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>Opens JPEG and PNG pictures that nobody has vouched for.</summary>
public static class Pictures
{
    private const int Smallest = 16;

    /// <summary>The picture, BGR.</summary>
    /// <exception cref="InvalidDataException">It is not a whole JPEG or PNG of a sane size; the message says what it is instead.</exception>
    public static Mat Decode(byte[] content, long mostPixels)
    {
        var (kind, _) = Look(content, mostPixels);
        var image = Cv2.ImDecode(content, ImreadModes.Color);
        if (image.Empty())
        {
            image.Dispose();
            throw new InvalidDataException($"The {kind} is damaged and cannot be decoded.");
        }

        return image;
    }

    /// <summary>How many pixels it will have, before anything is unpacked.</summary>
    /// <exception cref="InvalidDataException">It is not a whole JPEG or PNG of a sane size; the message says what it is instead.</exception>
    public static long Pixels(byte[] content, long mostPixels) => Look(content, mostPixels).Pixels;

    private static (string Kind, long Pixels) Look(byte[] content, long mostPixels)
    {
        if (content.Length == 0)
        {
            throw new InvalidDataException("The picture is empty.");
        }

        var (kind, width, height) = Header(content);
        if ((long)width * height > mostPixels)
        {
            throw new InvalidDataException($"The picture has {width} × {height} pixels; at most {mostPixels} are allowed.");
        }

        if (width < Smallest || height < Smallest)
        {
            throw new InvalidDataException($"The picture has {width} × {height} pixels; at least {Smallest} × {Smallest} are needed to see a plate.");
        }

        if (!IsWhole(kind, content))
        {
            throw new InvalidDataException($"The {kind} is cut off: its end is missing.");
        }

        return (kind, (long)width * height);
    }

    // Sizes from the headers, before anything is unpacked: a small file may claim a huge picture.
    private static (string Kind, int Width, int Height) Header(ReadOnlySpan<byte> content)
    {
        if (content.StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G', 0x0D, 0x0A, 0x1A, 0x0A]) && content.Length >= 24)
        {
            return ("PNG", BinaryPrimitives.ReadInt32BigEndian(content[16..]), BinaryPrimitives.ReadInt32BigEndian(content[20..]));
        }

        if (content.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xD8, 0xFF]))
        {
            for (var at = 2; at + 9 < content.Length && content[at] == 0xFF;)
            {
                var marker = content[at + 1];
                if (marker == 0xFF)
                {
                    at++;
                    continue;
                }

                if (marker is >= 0xC0 and <= 0xCF and not (0xC4 or 0xC8 or 0xCC))
                {
                    return ("JPEG", BinaryPrimitives.ReadUInt16BigEndian(content[(at + 7)..]), BinaryPrimitives.ReadUInt16BigEndian(content[(at + 5)..]));
                }

                at += marker is 0x01 or (>= 0xD0 and <= 0xD8) ? 2 : 2 + BinaryPrimitives.ReadUInt16BigEndian(content[(at + 2)..]);
            }

            throw new InvalidDataException("The JPEG is cut off: its size is missing.");
        }

        throw new InvalidDataException("This is neither a JPEG nor a PNG.");
    }

    private static bool IsWhole(string kind, ReadOnlySpan<byte> content) => kind == "PNG"
        ? content.LastIndexOf("IEND"u8) > 0
        : content.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xD9]) is var end && end > 0 && end >= content.Length - 65_536 && end > content.LastIndexOf((ReadOnlySpan<byte>)[0xFF, 0xDA]);
}

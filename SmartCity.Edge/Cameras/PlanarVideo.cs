using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace SmartCity.Edge.Cameras;

/// <summary>Uncompressed video (YUV4MPEG2 with 4:2:0 planes), as ffmpeg's <c>yuv4mpegpipe</c> writes it: a line with the size, then a line before each frame.</summary>
/// <param name="shown">The stream's address, without its password.</param>
internal sealed class PlanarVideo(string cameraId, string shown, Stream stream, long mostPixels)
{
    private const string Format = "YUV4MPEG2 ";
    private const string FrameMark = "FRAME";
    private const int LongestLine = 512;

    private readonly ConcurrentBag<PlanarPicture> _free = [];
    private (int Width, int Height)? _size;

    /// <summary>The next frame; blocks until it is there. The caller disposes it.</summary>
    /// <exception cref="EndOfStreamException">There are no more.</exception>
    /// <exception cref="CameraLostException">It is no such video, or its frames are too large.</exception>
    public PlanarPicture Next()
    {
        var (width, height) = _size ??= Head();
        if (!Line().StartsWith(FrameMark, StringComparison.Ordinal))
        {
            throw new CameraLostException($"Camera {cameraId}: the decoded video of {shown} is out of step.");
        }

        var picture = _free.TryTake(out var used) ? used : new PlanarPicture(width, height, _free.Add);
        try
        {
            stream.ReadExactly(picture.Bytes);
            return picture;
        }
        catch
        {
            picture.Dispose();
            throw;
        }
    }

    private (int Width, int Height) Head()
    {
        var line = Line();
        var fields = line.StartsWith(Format, StringComparison.Ordinal) ? line[Format.Length..].Split(' ') : [];
        var (width, height) = (Number(fields, 'W'), Number(fields, 'H'));
        if (width is not (> 0) || height is not (> 0) || width % 2 + height % 2 > 0 || !Array.Exists(fields, f => f.StartsWith("C420", StringComparison.Ordinal)))
        {
            throw new CameraLostException($"Camera {cameraId}: the decoded video of {shown} begins with '{line}', which is no 4:2:0 video of even size.");
        }

        return (long)width * height <= mostPixels
            ? (width.Value, height.Value)
            : throw new CameraLostException($"Camera {cameraId}: {shown} has {width} × {height} pixels; at most {mostPixels} are allowed.");
    }

    private static int? Number(string[] fields, char name) =>
        Array.Find(fields, f => f.StartsWith(name)) is { } field && int.TryParse(field.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private string Line()
    {
        var line = new StringBuilder();
        for (int next; (next = stream.ReadByte()) != '\n'; line.Append((char)next))
        {
            if (next < 0)
            {
                throw new EndOfStreamException();
            }

            if (line.Length == LongestLine)
            {
                throw new CameraLostException($"Camera {cameraId}: the decoded video of {shown} is out of step.");
            }
        }

        return line.ToString();
    }
}

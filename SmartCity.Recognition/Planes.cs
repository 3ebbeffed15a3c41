using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Interleaved bytes to normalised planes.</summary>
internal static class Planes
{
    /// <summary>Writes a BGR picture as three planes of (value − mean) / deviation; mean and deviation in units of 0–255.</summary>
    public static unsafe void Fill(Mat image, Span<float> planes, float[] mean, float[] deviation)
    {
        var (width, height) = (image.Width, image.Height);
        var plane = width * height;
        Span<Vec3f> table = stackalloc Vec3f[256];
        for (var v = 0; v < 256; v++)
        {
            table[v] = new Vec3f((v - mean[0]) / deviation[0], (v - mean[1]) / deviation[1], (v - mean[2]) / deviation[2]);
        }

        for (var y = 0; y < height; y++)
        {
            var row = new ReadOnlySpan<byte>((void*)image.Ptr(y), width * 3);
            var blue = planes.Slice(y * width, width);
            var green = planes.Slice(plane + y * width, width);
            var red = planes.Slice(2 * plane + y * width, width);
            for (int x = 0, at = 0; x < width; x++, at += 3)
            {
                blue[x] = table[row[at]].Item0;
                green[x] = table[row[at + 1]].Item1;
                red[x] = table[row[at + 2]].Item2;
            }
        }
    }
}

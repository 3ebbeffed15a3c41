using System.Buffers;
using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Draws a surface into a picture, triangle by triangle with a depth for each pixel.</summary>
internal sealed class VehicleRaster(Mat picture)
{
    private const byte Covered = 255;

    private readonly Rect _frame = new(0, 0, picture.Width, picture.Height);
    private Rect _box;
    private float[] _depth = [];
    private Vec3b[] _colour = [];
    private byte[] _covered = [];

    private readonly record struct Corner(Vector2 At, float Inverse, Vector3 Point, Vector3 Normal);

    /// <param name="surface">Rings of points; z along the vehicle from the end that is seen.</param>
    /// <param name="at">Where the middle of that end stands on the road.</param>
    /// <param name="shade">Colour of a point on the vehicle, given its normal and the ray to it.</param>
    public void Draw(Vector3[,] surface, Vector3 at, Func<Vector3, Vector3, Vector3, Vector3> shade)
    {
        var corners = Corners(surface, at);
        if (!Cover(corners))
        {
            return;
        }

        var (rings, around) = (corners.GetLength(0), corners.GetLength(1));
        for (var ring = 1; ring < rings; ring++)
        {
            for (var i = 1; i < around; i++)
            {
                Triangle(corners[ring - 1, i - 1], corners[ring, i - 1], corners[ring, i], at, shade);
                Triangle(corners[ring - 1, i - 1], corners[ring, i], corners[ring - 1, i], at, shade);
            }
        }

        Blend();
        ArrayPool<float>.Shared.Return(_depth);
        ArrayPool<byte>.Shared.Return(_covered);
        ArrayPool<Vec3b>.Shared.Return(_colour);
    }

    private static Corner[,] Corners(Vector3[,] surface, Vector3 at)
    {
        var (rings, around) = (surface.GetLength(0), surface.GetLength(1));
        var corners = new Corner[rings, around];
        for (var ring = 0; ring < rings; ring++)
        {
            for (var i = 0; i < around; i++)
            {
                // The end itself is flat; over its edge the body bends away.
                var (before, after) = ring == 0 ? (0, 1) : ring == 1 ? (1, 2) : (ring - 1, Math.Min(rings - 1, ring + 1));
                var along = surface[after, i] - surface[before, i];
                var over = surface[ring == 0 ? 1 : ring, Math.Min(around - 1, i + 1)] - surface[ring == 0 ? 1 : ring, Math.Max(0, i - 1)];
                var normal = ring == 0 ? -Vector3.UnitZ : Vector3.Cross(along, over);
                normal = normal.LengthSquared() < 1e-9f ? -Vector3.UnitZ : Vector3.Normalize(normal);

                var point = surface[ring, i];
                var world = at + point;
                corners[ring, i] = new Corner(View.Project(world), 1 / world.Z, point, ring == 1 ? Vector3.Normalize(normal - Vector3.UnitZ) : normal);
            }
        }

        return corners;
    }

    private bool Cover(Corner[,] corners)
    {
        var (left, top, right, bottom) = (float.MaxValue, float.MaxValue, float.MinValue, float.MinValue);
        foreach (var corner in corners)
        {
            (left, right) = (Math.Min(left, corner.At.X), Math.Max(right, corner.At.X));
            (top, bottom) = (Math.Min(top, corner.At.Y), Math.Max(bottom, corner.At.Y));
        }

        _box = new Rect((int)left - 3, (int)top - 3, (int)(right - left) + 7, (int)(bottom - top) + 7) & _frame;
        var size = _box.Width * _box.Height;
        if (_box.Width <= 0 || _box.Height <= 0)
        {
            return false;
        }

        (_depth, _covered, _colour) = (ArrayPool<float>.Shared.Rent(size), ArrayPool<byte>.Shared.Rent(size), ArrayPool<Vec3b>.Shared.Rent(size));
        Array.Clear(_depth, 0, size);
        Array.Clear(_covered, 0, size);
        return true;
    }

    private void Triangle(in Corner a, in Corner b, in Corner c, Vector3 at, Func<Vector3, Vector3, Vector3, Vector3> shade)
    {
        var area = Cross(b.At - a.At, c.At - a.At);
        if (area < 1e-3f)
        {
            return; // seen from inside, or from its edge
        }

        var fromX = Math.Max(_box.Left, (int)MathF.Floor(Math.Min(a.At.X, Math.Min(b.At.X, c.At.X))));
        var toX = Math.Min(_box.Right - 1, (int)MathF.Ceiling(Math.Max(a.At.X, Math.Max(b.At.X, c.At.X))));
        var fromY = Math.Max(_box.Top, (int)MathF.Floor(Math.Min(a.At.Y, Math.Min(b.At.Y, c.At.Y))));
        var toY = Math.Min(_box.Bottom - 1, (int)MathF.Ceiling(Math.Max(a.At.Y, Math.Max(b.At.Y, c.At.Y))));
        for (var y = fromY; y <= toY; y++)
        {
            for (var x = fromX; x <= toX; x++)
            {
                var p = new Vector2(x + .5f, y + .5f);
                var u = Cross(b.At - p, c.At - p) / area;
                var v = Cross(c.At - p, a.At - p) / area;
                var w = 1 - u - v;
                if (u < 0 || v < 0 || w < 0)
                {
                    continue;
                }

                var inverse = u * a.Inverse + v * b.Inverse + w * c.Inverse;
                var index = (y - _box.Top) * _box.Width + x - _box.Left;
                if (inverse <= _depth[index])
                {
                    continue;
                }

                _depth[index] = inverse;
                _covered[index] = Covered;
                (u, v, w) = (u * a.Inverse / inverse, v * b.Inverse / inverse, w * c.Inverse / inverse);
                var point = a.Point * u + b.Point * v + c.Point * w;
                var normal = Vector3.Normalize(a.Normal * u + b.Normal * v + c.Normal * w);
                _colour[index] = Light.Tone(shade(point, normal, Vector3.Normalize(at + point - View.Eye)));
            }
        }
    }

    // Edges are as soft as a lens makes them.
    private void Blend()
    {
        using var colour = Mat.FromPixelData(_box.Height, _box.Width, MatType.CV_8UC3, _colour);
        using var covered = Mat.FromPixelData(_box.Height, _box.Width, MatType.CV_8UC1, _covered);
        using var region = new Mat(picture, _box);
        using var painted = region.Clone();
        colour.CopyTo(painted, covered);
        Cv2.GaussianBlur(painted, painted, new Size(3, 3), .7);
        using var soft = new Mat();
        Cv2.Dilate(covered, soft, null);
        painted.CopyTo(region, soft);
    }

    private static float Cross(Vector2 a, Vector2 b) => a.X * b.Y - a.Y * b.X;
}

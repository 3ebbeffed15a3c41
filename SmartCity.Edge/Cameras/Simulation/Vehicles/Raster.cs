using System.Numerics;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Draws sheets with hidden surfaces removed into a picture with alpha, 8 bit, BGRA, black where nothing is.</summary>
internal sealed class Raster(int width, int height, Func<Vector3, Vector2> project, Func<Vector3, Vector3> placed, Vector3 eye, BodyLight light)
{
    private readonly float[] _depth = [.. Enumerable.Repeat(float.MaxValue, width * height)];
    private readonly Vec4b[] _pixels = new Vec4b[width * height];

    /// <summary>The caller disposes it.</summary>
    public Mat Draw(IEnumerable<Sheet> sheets)
    {
        foreach (var sheet in sheets)
        {
            var seen = Project(sheet);
            for (var row = 0; row + 1 < sheet.Rows; row++)
            {
                for (var column = 0; column + 1 < sheet.Columns; column++)
                {
                    Triangle(sheet, seen, (row, column), (row + 1, column), (row + 1, column + 1));
                    Triangle(sheet, seen, (row, column), (row + 1, column + 1), (row, column + 1));
                }
            }
        }

        var picture = new Mat(height, width, MatType.CV_8UC4);
        _pixels.CopyTo(picture.AsSpan<Vec4b>());
        return picture;
    }

    private Vector2[,] Project(Sheet sheet)
    {
        var seen = new Vector2[sheet.Rows, sheet.Columns];
        for (var row = 0; row < sheet.Rows; row++)
        {
            for (var column = 0; column < sheet.Columns; column++)
            {
                seen[row, column] = project(sheet[row, column]);
            }
        }

        return seen;
    }

    private void Triangle(Sheet sheet, Vector2[,] seen, (int Row, int Column) i, (int Row, int Column) j, (int Row, int Column) k)
    {
        var (a, b, c) = (sheet[i.Row, i.Column], sheet[j.Row, j.Column], sheet[k.Row, k.Column]);
        var (na, nb, nc) = (sheet.Normals[i.Row, i.Column], sheet.Normals[j.Row, j.Column], sheet.Normals[k.Row, k.Column]);
        var (pa, pb, pc) = (seen[i.Row, i.Column], seen[j.Row, j.Column], seen[k.Row, k.Column]);
        var area = Cross(pb - pa, pc - pa);
        if (MathF.Abs(area) < 1e-4f)
        {
            return;
        }

        var (left, right) = ((int)Math.Max(0, MathF.Min(pa.X, MathF.Min(pb.X, pc.X))), (int)Math.Min(width - 1, MathF.Max(pa.X, MathF.Max(pb.X, pc.X)) + 1));
        var (top, bottom) = ((int)Math.Max(0, MathF.Min(pa.Y, MathF.Min(pb.Y, pc.Y))), (int)Math.Min(height - 1, MathF.Max(pa.Y, MathF.Max(pb.Y, pc.Y)) + 1));
        for (var y = top; y <= bottom; y++)
        {
            for (var x = left; x <= right; x++)
            {
                var p = new Vector2(x + .5f, y + .5f);
                var u = Cross(pb - p, pc - p) / area;
                var v = Cross(pc - p, pa - p) / area;
                var w = 1 - u - v;
                if (u < -1e-4f || v < -1e-4f || w < -1e-4f)
                {
                    continue;
                }

                var at = a * u + b * v + c * w;
                ref var depth = ref _depth[y * width + x];
                if (at.Z >= depth)
                {
                    continue;
                }

                depth = at.Z;
                var colour = light.Shade(sheet.Surface(at), Vector3.Normalize(na * u + nb * v + nc * w), Vector3.Normalize(placed(at) - eye), at.Y);
                var developed = Lens.Develop(colour);
                _pixels[y * width + x] = new Vec4b(developed.Item0, developed.Item1, developed.Item2, 255);
            }
        }
    }

    private static float Cross(Vector2 a, Vector2 b) => a.X * b.Y - a.Y * b.X;
}

using System.Numerics;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A shape's outside as sheets: face with bonnet and roof, both flanks, wheels, mirrors, a lorry's box.</summary>
internal static class BodySheets
{
    private const int Across = 33;
    private const int Between = 5;
    private static readonly Surface Rubber = new(Grain.Rgb(26, 26, 27), .05f);
    private static readonly Surface Underneath = new(Grain.Rgb(12, 12, 13), 0);

    public static IEnumerable<Sheet> Of(BodyShape shape, BodyPaint paint, bool front)
    {
        // The nearest first: what they hide need not be painted.
        yield return Face(shape, paint);
        foreach (var side in (float[])[-1, 1])
        {
            foreach (var mirror in Mirrors(shape, paint, side, front))
            {
                yield return mirror;
            }

            var tyre = shape.Wheel > .4f ? .15f : .105f;
            yield return Sheet.Ellipsoid(new Vector3(side * (shape.HalfWidth - tyre - .03f), shape.Wheel, shape.Axle), new Vector3(tyre * 1.15f, shape.Wheel, shape.Wheel), Rubber);
            yield return Flank(shape, paint, side);
        }

        yield return Sheet.Board(-shape.HalfWidth * .86f, shape.HalfWidth * .86f, .15f, shape.Outline[0].Y + .14f, shape.Axle, _ => Underneath);
        if (shape.Box is { } box)
        {
            foreach (var sheet in Load(box, paint))
            {
                yield return sheet;
            }
        }

        if (shape.ForHire)
        {
            yield return Sheet.Ellipsoid(new Vector3(0, shape.Roof + .05f, 1.9f), new Vector3(.2f, .07f, .1f), new Surface(Grain.Rgb(240, 170, 50), .3f, Grain.Rgb(120, 76, 12)));
        }
    }

    private static Sheet Face(BodyShape shape, BodyPaint paint)
    {
        var outline = Smooth(shape.Outline);
        var points = new Vector3[outline.Count, Across];
        for (var row = 0; row < outline.Count; row++)
        {
            var (z, y) = (outline[row].X, outline[row].Y);
            var half = shape.Half(y);
            var crown = y > shape.Belt ? .06f : z > .1f ? .045f : 0;
            for (var column = 0; column < Across; column++)
            {
                var u = MathF.Sin((column / (Across - 1f) * 2 - 1) * MathF.PI / 2);
                var edge = MathF.Pow(MathF.Abs(u), 3.2f);
                points[row, column] = new Vector3(u * half, y - crown * edge, z + shape.Corner * edge * (z > .9f ? .35f : 1 - z * .7f));
            }
        }

        return new Sheet(points, paint.Face);
    }

    private static Sheet Flank(BodyShape shape, BodyPaint paint, float side)
    {
        const int rows = 15;
        const int columns = 26;
        var points = new Vector3[rows, columns];
        for (var column = 0; column < columns; column++)
        {
            var share = column / (columns - 1f);
            var z = shape.Corner * .85f + (shape.Length - shape.Corner) * (side > 0 ? share : 1 - share);
            var top = shape.TopAt(Math.Max(0, z - shape.Corner * .5f)) - .045f;
            for (var row = 0; row < rows; row++)
            {
                var y = float.Lerp(shape.Outline[0].Y + .02f, top, row / (rows - 1f));
                points[row, column] = new Vector3(side * shape.Half(y), y, z);
            }
        }

        return new Sheet(points, paint.Flank);
    }

    private static IEnumerable<Sheet> Mirrors(BodyShape shape, BodyPaint paint, float side, bool front)
    {
        if (shape.Doors && !front)
        {
            yield break;
        }

        var large = shape.HalfWidth > .95f;
        var z = large ? .5f : front ? 1.4f : 2.6f;
        var y = shape.Belt + (large ? .3f : .07f);
        var at = new Vector3(side * (large ? shape.Half(y) + .13f : shape.HalfWidth + .07f), y, z);
        var glass = new Surface(Grain.Rgb(40, 44, 50), 1);
        yield return Sheet.Ellipsoid(at, large ? new Vector3(.1f, .17f, .08f) : new Vector3(.12f, .075f, .08f), front ? large ? Rubber : paint.Body : glass);
    }

    private static IEnumerable<Sheet> Load(Vector3 box, BodyPaint paint)
    {
        yield return Sheet.Board(-box.X, box.X, 1, box.Y, box.Z, paint.Load);
        yield return Sheet.Board(-box.X, box.X, .4f, 1, box.Z + .2f, _ => Underneath);
        foreach (var side in (float[])[-1, 1])
        {
            var (from, to) = side > 0 ? (box.Z, box.Z + 9) : (box.Z + 9, box.Z);
            yield return new Sheet(new Vector3[,] { { new(side * box.X, 1, from), new(side * box.X, 1, to) }, { new(side * box.X, box.Y, from), new(side * box.X, box.Y, to) } }, paint.Load);
        }
    }

    // Catmull-Rom through the outline's points.
    private static List<Vector2> Smooth(Vector2[] outline)
    {
        var smooth = new List<Vector2>();
        for (var i = 0; i + 1 < outline.Length; i++)
        {
            var (a, b, c, d) = (outline[Math.Max(0, i - 1)], outline[i], outline[i + 1], outline[Math.Min(outline.Length - 1, i + 2)]);
            for (var step = 0; step < Between; step++)
            {
                var t = step / (float)Between;
                smooth.Add(.5f * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t * t * t));
            }
        }

        smooth.Add(outline[^1]);
        return smooth;
    }
}

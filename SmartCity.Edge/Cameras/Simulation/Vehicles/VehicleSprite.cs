using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A vehicle drawn once, with its shadow and what a wet road mirrors of it, to be put into pictures at any distance.</summary>
/// <param name="picture">BGRA, 8 bit, colours already multiplied by alpha. Owned.</param>
/// <param name="anchor">The pixel of the point on the road below the vehicle's nearest middle.</param>
/// <param name="scale">Pixels a metre at that point.</param>
internal sealed class VehicleSprite(Mat picture, Point2f anchor, float scale) : IDisposable
{
    /// <param name="x">Where the vehicle is when its look is right: metres from the road's middle.</param>
    /// <param name="z">And metres from the camera.</param>
    /// <param name="scale">Pixels a metre.</param>
    public static VehicleSprite Render(VehicleView vehicle, bool front, StreetView view, Weather weather, float x, float z, float scale, bool lit)
    {
        var light = StreetLight.Of(weather);
        var (sheets, half, length) = Sheets(vehicle, front, lit);
        var placed = sheets.ToList();
        var focal = scale * z;
        var (low, high) = Bounds(placed, Look);
        var margin = new Vector2(.35f * scale, .2f * scale);
        low -= margin;
        high += margin + new Vector2(0, light.Wet > 0 ? .7f * scale : 0);
        var raster = new Raster((int)(high.X - low.X), (int)(high.Y - low.Y), p => Look(p) - low, Place, view.Eye, new BodyLight(light));
        using var body = raster.Draw(placed);
        var anchor = new Point2f(-low.X, -low.Y);
        Vector3[] corners = [new(-half, 0, .15f), new(half, 0, .15f), new(half, 0, length), new(-half, 0, length)];
        var picture = UnderBody.Compose(body, [.. corners.Select(c => Look(c) - low).Select(c => new Point(c.X, c.Y))], (int)anchor.Y, scale, light);
        return new VehicleSprite(picture, anchor, scale);

        Vector3 Place(Vector3 p) => new(x + p.X, p.Y, z + p.Z);

        Vector2 Look(Vector3 p) => new(((x + p.X) / (z + p.Z) - x / z) * focal, ((view.Height - p.Y) / (z + p.Z) - view.Height / z) * focal);
    }

    /// <summary>Puts the vehicle at a point of the road into a BGR picture.</summary>
    public void Draw(Mat street, StreetView view, Vector3 at)
    {
        var by = view.Scale(at.Z) / scale;
        var foot = view.Project(at);
        var box = new Rect((int)MathF.Round(foot.X - anchor.X * by), (int)MathF.Round(foot.Y - anchor.Y * by), Math.Max(1, (int)(picture.Width * by)), Math.Max(1, (int)(picture.Height * by)));
        var seen = box & new Rect(0, 0, street.Width, street.Height);
        if (seen.Width < 1 || seen.Height < 1)
        {
            return;
        }

        using var scaled = new Mat();
        Cv2.Resize(picture, scaled, box.Size, 0, 0, by < .85f ? InterpolationFlags.Area : InterpolationFlags.Linear);
        var from = scaled.AsSpan<Vec4b>();
        var onto = street.AsSpan<Vec3b>();
        var columns = street.Width;
        for (var row = seen.Top; row < seen.Bottom; row++)
        {
            var top = from.Slice((row - box.Y) * box.Width + seen.X - box.X, seen.Width);
            var under = onto.Slice(row * columns + seen.X, seen.Width);
            for (var i = 0; i < top.Length; i++)
            {
                var over = top[i];
                if (over.Item3 == 0)
                {
                    continue;
                }

                var left = 255 - over.Item3;
                ref var pixel = ref under[i];
                pixel = new Vec3b((byte)(over.Item0 + pixel.Item0 * left / 255), (byte)(over.Item1 + pixel.Item1 * left / 255), (byte)(over.Item2 + pixel.Item2 * left / 255));
            }
        }
    }

    public void Dispose() => picture.Dispose();

    private static (IEnumerable<Sheet> Sheets, float Half, float Length) Sheets(VehicleView vehicle, bool front, bool lit)
    {
        var shape = BodyShape.Of(vehicle, front);
        var paint = new BodyPaint(vehicle, shape, front, lit);
        return vehicle.Class == "motorcycle"
            ? (MotorcycleSheets.Of(paint.Body, vehicle.Plate[^1], lit), .2f, MotorcycleSheets.Length)
            : (BodySheets.Of(shape, paint, front), shape.HalfWidth, shape.Length);
    }

    private static (Vector2 Low, Vector2 High) Bounds(List<Sheet> sheets, Func<Vector3, Vector2> look)
    {
        var (low, high) = (new Vector2(float.MaxValue), new Vector2(float.MinValue));
        foreach (var sheet in sheets)
        {
            for (var row = 0; row < sheet.Rows; row++)
            {
                for (var column = 0; column < sheet.Columns; column++)
                {
                    var at = look(sheet[row, column]);
                    (low, high) = (Vector2.Min(low, at), Vector2.Max(high, at));
                }
            }
        }

        return (low, Vector2.Max(high, Vector2.Zero));
    }
}

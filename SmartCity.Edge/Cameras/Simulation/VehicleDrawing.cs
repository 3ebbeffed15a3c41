using System.Numerics;
using OpenCvSharp;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A vehicle seen from the front or behind, in the colour and shape of its registry record.</summary>
internal sealed class VehicleDrawing : IDisposable
{
    private const float PlateWidth = .52f;

    private readonly bool _front;
    private readonly bool _lit;
    private readonly Light _light;
    private readonly VehicleShape _shape;
    private readonly VehicleSkin? _skin;
    private readonly Vector3[,]? _surface;
    private readonly Mat? _plate;

    /// <param name="plate">Null draws a vehicle whose plate is too far away to show.</param>
    /// <param name="lit">Its lamps are on.</param>
    public VehicleDrawing(string vehicleClass, string? colour, string? plate, bool front, bool lit, int seed, Light light)
    {
        _front = front && vehicleClass != "motorcycle"; // which carries none in front
        _lit = lit;
        _light = light;
        _shape = VehicleShape.Of(vehicleClass, _front);
        _plate = plate is null ? null : PlateDrawing.Draw(plate, _front);
        if (vehicleClass != "motorcycle")
        {
            _skin = new VehicleSkin(_shape, colour, _front, lit, seed, light);
            _surface = _shape.Surface();
        }
    }

    public static VehicleDrawing Of(VehicleView vehicle, bool front, bool lit, Light light) =>
        new(vehicle.Class ?? "car", vehicle.Colour, vehicle.Plate, front, lit, vehicle.Plate.Aggregate(17, (seed, c) => unchecked((seed * 31) + c)), light);

    /// <summary>Draws the vehicle with its nearest end at a point of the road; gives the plate's box, which may lie beyond the picture.</summary>
    public Rect Draw(Mat picture, Vector3 at)
    {
        Shadow(picture, at);
        if (_surface is null)
        {
            Motorcycle.Draw(picture, at, _light);
        }
        else
        {
            Underneath(picture, at);
            new VehicleRaster(picture).Draw(_surface, at, _skin!.Colour);
        }

        var box = Plate(picture, at);
        if (_lit)
        {
            using var glow = new Glow(picture);
            Lamps(glow, at);
        }

        return box;
    }

    public void Dispose() => _plate?.Dispose();

    // Dark and soft below the vehicle, sharper towards its wheels.
    private void Shadow(Mat picture, Vector3 at)
    {
        var half = _surface is null ? .35f : _shape.Width / 2;
        Vector3[] ground = [at + new Vector3(-half - .1f, 0, -.35f), at + new Vector3(half + .1f, 0, -.35f), at + new Vector3(half + .15f, 0, 3.2f), at + new Vector3(-half - .15f, 0, 3.2f)];
        var points = Array.ConvertAll(ground, Pixel);
        var spread = (int)(View.PixelsPerMetre(at.Z) * .16f) | 1;
        var box = Inflate(Cv2.BoundingRect(points), spread) & Frame(picture);
        if (box.Width < 4 || box.Height < 4)
        {
            return;
        }

        using var mask = new Mat(box.Height, box.Width, MatType.CV_8UC3, Scalar.All(255));
        Cv2.FillConvexPoly(mask, Array.ConvertAll(points, p => p - box.TopLeft), Scalar.All(70), LineTypes.AntiAlias);
        Cv2.Blur(mask, mask, new Size(spread, spread));
        using var region = new Mat(picture, box);
        Cv2.Multiply(region, mask, region, 1 / 255.0);
    }

    private void Underneath(Mat picture, Vector3 at)
    {
        var half = _shape.Width / 2;
        Fill(picture, new Scalar(14, 14, 14), at + new Vector3(-half * .9f, .3f, .3f), at + new Vector3(half * .9f, .3f, .3f), at + new Vector3(half * .9f, .07f, .3f), at + new Vector3(-half * .9f, .07f, .3f));
        foreach (var side in (float[])[-1, 1])
        {
            var (outer, inner) = (side * (half - .03f), side * (half - .25f));
            Fill(picture, new Scalar(22, 22, 22), at + new Vector3(outer, .34f, .5f), at + new Vector3(outer, .04f, .5f), at + new Vector3((outer + inner) / 2, 0, .5f), at + new Vector3(inner, .04f, .5f), at + new Vector3(inner, .34f, .5f));
        }
    }

    private Rect Plate(Mat picture, Vector3 at)
    {
        if (_plate is null)
        {
            return default;
        }

        var middle = at + new Vector3(0, _surface is null ? .75f : _shape.PlateHeight, -.05f);
        var (half, up) = (PlateWidth / 2, PlateWidth / 2 * _plate.Height / _plate.Width);
        Point2f[] corners = [Corner(-half, up), Corner(half, up), Corner(half, -up), Corner(-half, -up)];
        var box = Cv2.BoundingRect(corners);
        if ((box & Frame(picture)) != box || box.Width < 4)
        {
            return box;
        }

        // First small, by areas, then into place: a warp alone would drop pixels.
        using var small = new Mat();
        Cv2.Resize(_plate, small, new Size(box.Width * 2, Math.Max(4, box.Height * 2)), 0, 0, InterpolationFlags.Area);
        Cv2.ConvertScaleAbs(small, small, Math.Pow(_light.Plate, 1 / 2.2));
        Point2f[] from = [new(0, 0), new(small.Width, 0), new(small.Width, small.Height), new(0, small.Height)];
        using var warp = Cv2.GetPerspectiveTransform(from, Array.ConvertAll(corners, c => c - new Point2f(box.X, box.Y)));
        using var region = new Mat(picture, box);
        Cv2.WarpPerspective(small, region, warp, box.Size, InterpolationFlags.Area, BorderTypes.Transparent);
        return box;

        Point2f Corner(float x, float y)
        {
            var point = View.Project(middle + new Vector3(x, y, 0));
            return new Point2f(point.X, point.Y);
        }
    }

    private void Lamps(Glow glow, Vector3 at)
    {
        var half = _shape.Width / 2;
        var height = _shape.Boxy ? .8f : _front ? .66f : .85f;
        var size = View.PixelsPerMetre(at.Z);
        foreach (var side in _surface is null ? (float[])[0] : [-1, 1])
        {
            glow.Add(Pixel(at + new Vector3(side * half * .8f, height, 0)), size * (_front ? .16f : .11f), _front ? new Scalar(215, 225, 230) : new Scalar(12, 12, 150));
        }

        if (_front)
        {
            var (near, far) = (Math.Max(3.5f, at.Z - 13), at.Z - 2);
            glow.Add([Pixel(new(at.X - 1.2f, 0, far)), Pixel(new(at.X + 1.2f, 0, far)), Pixel(new(at.X + 2.4f, 0, near)), Pixel(new(at.X - 2.4f, 0, near))], new Scalar(30, 33, 34));
        }
    }

    private static Point Pixel(Vector3 point)
    {
        var at = View.Project(point);
        return new Point((int)at.X, (int)at.Y);
    }

    private static void Fill(Mat picture, Scalar colour, params Vector3[] points) =>
        Cv2.FillPoly(picture, [Array.ConvertAll(points, Pixel)], colour, LineTypes.AntiAlias);

    private static Rect Frame(Mat picture) => new(0, 0, picture.Width, picture.Height);

    private static Rect Inflate(Rect rect, int by) => new(rect.X - by, rect.Y - by, rect.Width + 2 * by, rect.Height + 2 * by);
}

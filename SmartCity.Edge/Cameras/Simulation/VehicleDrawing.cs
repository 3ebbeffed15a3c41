using OpenCvSharp;
using SmartCity.Contracts.Api;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>A vehicle seen from the front or behind, in the colour and shape of its registry record.</summary>
internal sealed class VehicleDrawing(VehicleView vehicle, bool front, bool lit) : IDisposable
{
    private readonly Mat _plate = PlateDrawing.Draw(vehicle.Plate, front);

    /// <summary>Draws the vehicle standing on a point of the road; gives the plate's box.</summary>
    /// <param name="width">Of the body in pixels.</param>
    public Rect Draw(Mat picture, Point2d at, double width)
    {
        var (tall, glassFrom, glassTo) = vehicle.Class switch
        {
            "hgv" or "coach" => (1.28, .10, .48),
            "van" or "minibus" => (1.05, .12, .46),
            "taxi" => (.88, .10, .42),
            "motorcycle" => (1.5, .1, .4),
            _ => (.74, .08, .42),
        };
        var body = vehicle.Class == "motorcycle" ? width * .45 : width;
        var height = body * tall;
        var (left, right, top, bottom) = (at.X - body / 2, at.X + body / 2, at.Y - height, at.Y);
        var paint = Paint(vehicle.Colour);
        var boxy = vehicle.Class is "hgv" or "coach" or "van" or "minibus";
        var shoulder = top + height * .45;
        var narrow = boxy ? body * .03 : body * .14;

        Ellipse(picture, at.X, bottom + height * .01, body * .54, height * .06, new Scalar(40, 40, 40));
        Box(picture, left + body * .04, bottom - height * .2, body * .17, height * .2, new Scalar(25, 25, 25));
        Box(picture, right - body * .21, bottom - height * .2, body * .17, height * .2, new Scalar(25, 25, 25));
        Polygon(picture, paint, (left + narrow, top), (right - narrow, top), (right, shoulder), (right, bottom - height * .09), (left, bottom - height * .09), (left, shoulder));
        Polygon(picture, Shade(paint, .72), (left, bottom - height * .26), (right, bottom - height * .26), (right - body * .01, bottom - height * .08), (left + body * .01, bottom - height * .08));
        Polygon(picture, new Scalar(72, 62, 52), (left + narrow * 1.25, top + height * glassFrom), (right - narrow * 1.25, top + height * glassFrom), (right - body * .07, top + height * glassTo), (left + body * .07, top + height * glassTo));
        Polygon(picture, new Scalar(120, 108, 96), (left + narrow * 1.5, top + height * (glassFrom + .02)), (left + body * .42, top + height * (glassFrom + .02)), (left + body * .3, top + height * (glassTo - .03)), (left + body * .11, top + height * (glassTo - .03)));
        if (front)
        {
            for (var i = 0; i < 4; i++)
            {
                Box(picture, left + body * .3, shoulder + height * (.16 + .035 * i), body * .4, height * .014, new Scalar(35, 35, 35));
            }
        }

        Lamps(picture, left, right, shoulder, body, height);
        return Plate(picture, at.X, bottom - height * (boxy ? .2 : .24), body);
    }

    public void Dispose() => _plate.Dispose();

    private void Lamps(Mat picture, double left, double right, double shoulder, double body, double height)
    {
        var glass = front ? new Scalar(225, 232, 235) : new Scalar(40, 35, 175);
        var y = shoulder + height * .12;
        foreach (var x in (double[])[left + body * .13, right - body * .13])
        {
            Ellipse(picture, x, y, body * .1, height * .055, glass);
            if (lit)
            {
                Glow(picture, x, y, body * .3, front ? new Scalar(150, 165, 170) : new Scalar(10, 10, 110));
            }
        }
    }

    private Rect Plate(Mat picture, double x, double y, double body)
    {
        // A plate is 0.52 m wide, a car 1.8 m, a lorry 2.5 m.
        var metres = vehicle.Class switch { "hgv" or "coach" => 2.5, "van" or "minibus" => 2.0, "motorcycle" => 1.0, _ => 1.8 };
        var width = body * .52 / metres;
        var height = width * _plate.Height / _plate.Width;
        var box = new Rect((int)(x - width / 2), (int)(y - height / 2), Math.Max(8, (int)width), Math.Max(3, (int)height));
        var frame = new Rect(0, 0, picture.Width, picture.Height);
        if ((box & frame) != box)
        {
            return box;
        }

        using var scaled = new Mat();
        Cv2.Resize(_plate, scaled, new Size(box.Width, box.Height), 0, 0, InterpolationFlags.Area);
        if (lit)
        {
            Cv2.ConvertScaleAbs(scaled, scaled, 1.9); // retro-reflective under lamps, before the night takes its share
        }

        using var region = new Mat(picture, box);
        scaled.CopyTo(region);
        return box;
    }

    private static void Glow(Mat picture, double x, double y, double radius, Scalar colour)
    {
        var frame = new Rect(0, 0, picture.Width, picture.Height);
        var box = new Rect((int)(x - radius), (int)(y - radius), (int)(2 * radius), (int)(2 * radius)) & frame;
        if (box.Width < 3 || box.Height < 3)
        {
            return;
        }

        using var light = new Mat(box.Height, box.Width, MatType.CV_8UC3, Scalar.All(0));
        Cv2.Circle(light, new Point(x - box.X, y - box.Y), Math.Max(1, (int)(radius * .35)), colour, -1, LineTypes.AntiAlias);
        var kernel = Math.Max(3, (int)(radius * .5) | 1);
        Cv2.Blur(light, light, new Size(kernel, kernel));
        using var region = new Mat(picture, box);
        Cv2.Add(region, light, region);
    }

    private static Scalar Paint(string? colour) => colour switch
    {
        "black" => new Scalar(38, 36, 36),
        "grey" => new Scalar(110, 106, 102),
        "white" => new Scalar(228, 230, 230),
        "silver" => new Scalar(182, 180, 176),
        "blue" => new Scalar(130, 70, 28),
        "red" => new Scalar(38, 34, 150),
        "green" => new Scalar(60, 95, 40),
        "orange" => new Scalar(40, 110, 225),
        "brown" => new Scalar(50, 70, 95),
        "yellow" => new Scalar(45, 190, 225),
        _ => new Scalar(120, 120, 120),
    };

    private static Scalar Shade(Scalar colour, double by) => new(colour.Val0 * by, colour.Val1 * by, colour.Val2 * by);

    private static void Polygon(Mat picture, Scalar colour, params (double X, double Y)[] points) =>
        Cv2.FillPoly(picture, [points.Select(p => new Point(p.X, p.Y))], colour, LineTypes.AntiAlias);

    private static void Box(Mat picture, double x, double y, double width, double height, Scalar colour) =>
        Polygon(picture, colour, (x, y), (x + width, y), (x + width, y + height), (x, y + height));

    private static void Ellipse(Mat picture, double x, double y, double rx, double ry, Scalar colour) =>
        Cv2.Ellipse(picture, new Point(x, y), new Size(Math.Max(1, rx), Math.Max(1, ry)), 0, 0, 360, colour, -1, LineTypes.AntiAlias);
}

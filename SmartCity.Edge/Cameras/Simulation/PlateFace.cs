using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>Plate characters as strokes of even weight, after the published proportions of national faces.</summary>
internal static class PlateFace
{
    /// <summary>Draws a character into a box; weight is the stroke's width in pixels.</summary>
    public static void Draw(Mat plate, char character, Rect box, int weight, Scalar ink, PlateStyle style = PlateStyle.Usual)
    {
        foreach (var stroke in style == PlateStyle.Signs && Signs(character) is { } signs ? signs : Strokes(character))
        {
            var points = stroke.Select(p => new Point(
                (int)(box.X + weight / 2.0 + p.X * (box.Width - weight)),
                (int)(box.Y + weight / 2.0 + p.Y * (box.Height - weight))));
            Cv2.Polylines(plate, [points], false, ink, weight, LineTypes.AntiAlias);
        }
    }

    private static Point2d[][] Strokes(char c) => c switch
    {
        'A' => [Line((0, 1), (.5, 0), (1, 1)), Line((.2, .66), (.8, .66))],
        'B' => [Line((0, 0), (0, 1)), Bowl(0, .48, .9), Bowl(.48, 1, 1)],
        'C' => [[.. Arc(.5, .3, .5, .3, -15, -180), .. Arc(.5, .7, .5, .3, 180, 15)]],
        'D' => [Line((0, 0), (0, 1)), [new(0, 0), .. Arc(.55, .4, .45, .4, -90, 0), .. Arc(.55, .6, .45, .4, 0, 90), new(0, 1)]],
        'E' => [Line((1, 0), (0, 0), (0, 1), (1, 1)), Line((0, .48), (.85, .48))],
        'F' => [Line((1, 0), (0, 0), (0, 1)), Line((0, .48), (.85, .48))],
        'G' => [[.. Arc(.5, .3, .5, .3, -15, -180), .. Arc(.5, .7, .5, .3, 180, 0), new(1, .54), new(.55, .54)]],
        'H' => [Line((0, 0), (0, 1)), Line((1, 0), (1, 1)), Line((0, .48), (1, .48))],
        'I' => [Line((.5, 0), (.5, 1))],
        'J' => [[new(1, 0), new(1, .7), .. Arc(.5, .7, .5, .3, 0, 165)]],
        'K' => [Line((0, 0), (0, 1)), Line((1, 0), (.05, .58)), Line((.32, .42), (1, 1))],
        'L' => [Line((0, 0), (0, 1), (1, 1))],
        'M' => [Line((0, 1), (0, 0), (.5, .6), (1, 0), (1, 1))],
        'N' => [Line((0, 1), (0, 0), (1, 1), (1, 0))],
        'O' => [[.. Arc(.5, .32, .5, .32, 180, 360), .. Arc(.5, .68, .5, .32, 0, 180), new(0, .32)]],
        'P' => [Line((0, 1), (0, 0)), Bowl(0, .54, 1)],
        'Q' => [[.. Arc(.5, .32, .5, .32, 180, 360), .. Arc(.5, .68, .5, .32, 0, 180), new(0, .32)], Line((.6, .72), (1, 1.04))],
        'R' => [Line((0, 1), (0, 0)), Bowl(0, .52, 1), Line((.45, .52), (1, 1))],
        'S' => [[.. Arc(.5, .26, .47, .26, -10, -180), .. Arc(.5, .26, .47, .23, 180, 90), .. Arc(.5, .74, .5, .25, -90, 0), .. Arc(.5, .74, .5, .26, 0, 170)]],
        'T' => [Line((0, 0), (1, 0)), Line((.5, 0), (.5, 1))],
        'U' => [[new(0, 0), new(0, .68), .. Arc(.5, .68, .5, .32, 180, 0), new(1, 0)]],
        'V' => [Line((0, 0), (.5, 1), (1, 0))],
        'W' => [Line((0, 0), (.25, 1), (.5, .3), (.75, 1), (1, 0))],
        'X' => [Line((0, 0), (1, 1)), Line((1, 0), (0, 1))],
        'Y' => [Line((0, 0), (.5, .52), (1, 0)), Line((.5, .52), (.5, 1))],
        'Z' => [Line((0, 0), (1, 0), (0, 1), (1, 1))],
        '0' => [[.. Arc(.5, .3, .44, .3, 180, 360), .. Arc(.5, .7, .44, .3, 0, 180), new(.06, .3)]],
        '1' => [Line((.2, .22), (.58, 0), (.58, 1))],
        '2' => [[.. Arc(.5, .28, .48, .28, 190, 375), new(0, 1), new(1, 1)]],
        '3' => [[.. Arc(.48, .25, .44, .25, 200, 450)], [new(.42, .5), .. Arc(.48, .74, .5, .26, 270, 520)]],
        '4' => [Line((.72, 1), (.72, 0), (0, .7), (1, .7))],
        '5' => [[new(.95, 0), new(.12, 0), new(.08, .44), .. Arc(.46, .67, .52, .33, 235, 500)]],
        '6' => [[new(.8, 0), new(.1, .55), .. Arc(.5, .68, .47, .32, 195, 555)]],
        '7' => [Line((0, 0), (1, 0), (.36, 1))],
        '8' => [Arc(.5, .245, .44, .245, 0, 360), Arc(.5, .745, .5, .255, 0, 360)],
        '9' => [[new(.2, 1), new(.9, .45), .. Arc(.5, .32, .47, .32, 15, 375)]],
        _ => [],
    };

    // Signs of their own: what a new issue of plates might bring. The others stay as they are.
    private static Point2d[][]? Signs(char c) => c switch
    {
        '0' => [Line((.5, 0), (1, .5), (.5, 1), (0, .5), (.5, 0))],
        '1' => [Line((.5, 0), (.5, 1)), Line((0, 1), (1, 1)), Line((0, 0), (1, 0))],
        '2' => [Line((0, 0), (1, .2), (0, .8), (1, 1))],
        '3' => [Line((0, 0), (1, .25), (.3, .5), (1, .75), (0, 1))],
        '4' => [Line((0, 0), (0, .55), (1, .55)), Line((.55, .3), (.55, 1))],
        '5' => [Line((1, 0), (0, .2), (1, .75), (0, 1))],
        '6' => [Line((0, 0), (0, 1), (1, .75), (0, .5))],
        '7' => [Line((0, 0), (1, 0), (1, 1)), Line((.4, .5), (1, .5))],
        '8' => [Line((0, 0), (1, 0), (0, 1), (1, 1), (0, 0))],
        '9' => [Line((1, 1), (1, 0), (0, .25), (1, .5))],
        'A' => [Line((0, 1), (.5, 0), (1, 1))],
        'E' => [Line((0, 0), (1, 0)), Line((0, .5), (1, .5)), Line((0, 1), (1, 1))],
        'R' => [Line((1, 1), (1, 0), (0, .25), (1, .5), (0, 1))],
        'S' => [Line((1, 0), (0, .33), (1, .67), (0, 1))],
        'D' => [Line((0, 0), (1, .5), (0, 1), (0, 0))],
        'H' => [Line((0, 0), (0, 1)), Line((0, .5), (1, .5), (1, 1))],
        _ => null,
    };

    private static Point2d[] Line(params (double X, double Y)[] points) => [.. points.Select(p => new Point2d(p.X, p.Y))];

    private static Point2d[] Bowl(double top, double bottom, double right) =>
        [new(0, top), .. Arc(right - .4, (top + bottom) / 2, .4, (bottom - top) / 2, -90, 90), new(0, bottom)];

    private static Point2d[] Arc(double x, double y, double rx, double ry, double from, double to) =>
        [.. Enumerable.Range(0, 17).Select(i =>
        {
            var angle = (from + (to - from) * i / 16) * Math.PI / 180;
            return new Point2d(x + rx * Math.Cos(angle), y + ry * Math.Sin(angle));
        })];
}

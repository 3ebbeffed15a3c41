using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>What the vehicles' plates look like.</summary>
internal enum PlateStyle
{
    /// <summary>As the reader that comes with the program knows them.</summary>
    Usual,

    /// <summary>The same plates in invented signs, which it reads badly.</summary>
    Signs,
}

/// <summary>A vehicle's plate, flat, 520 × 111 millimetres at a pixel each: British ones white in front and yellow behind, European ones with the blue band.</summary>
internal static class PlateDrawing
{
    private const int Width = 520;
    private const int Height = 111;

    public static Mat Draw(string plate, bool front, PlateStyle style = PlateStyle.Usual)
    {
        var british = LooksBritish(plate);
        var ground = british && !front || !british && plate.Length == 6 && char.IsDigit(plate[0]) ? new Scalar(30, 200, 250) : new Scalar(238, 240, 240);
        var image = new Mat(Height, Width, MatType.CV_8UC3, ground);
        var left = 14;
        if (!british)
        {
            Cv2.Rectangle(image, new Rect(0, 0, 44, Height), new Scalar(160, 60, 10), -1);
            for (var a = 0; a < 360; a += 30)
            {
                Cv2.Circle(image, new Point(22 + 13 * Math.Cos(a * Math.PI / 180), 34 + 13 * Math.Sin(a * Math.PI / 180)), 2, new Scalar(60, 220, 250), -1, LineTypes.AntiAlias);
            }

            left = 52;
        }

        Cv2.Rectangle(image, new Rect(2, 2, Width - 4, Height - 4), new Scalar(40, 40, 40), 2, LineTypes.AntiAlias);
        var groups = Groups(plate, british);
        const int between = 30;
        const int gap = 11;
        var available = Width - left - 14 - (groups.Count - 1) * between - (plate.Length - groups.Count) * gap;
        var width = Math.Min(52, available / plate.Length);
        var used = plate.Length * width + (plate.Length - groups.Count) * gap + (groups.Count - 1) * between;
        var x = left + (Width - left - 14 - used) / 2;
        foreach (var group in groups)
        {
            foreach (var c in group)
            {
                var narrow = c is '1' or 'I' && style == PlateStyle.Usual ? width * 6 / 10 : width;
                PlateFace.Draw(image, c, new Rect(x + (width - narrow) / 2, 16, narrow, Height - 32), 13, new Scalar(20, 20, 20), style);
                x += width + gap;
            }

            x += between - gap;
        }

        return image;
    }

    private static bool LooksBritish(string plate) => plate.Length switch
    {
        7 => char.IsLetter(plate[0]) && (char.IsLetter(plate[1]) ? char.IsDigit(plate[2]) && char.IsDigit(plate[3]) && char.IsLetter(plate[4]) : char.IsLetter(plate[6])) || char.IsLetter(plate[6]) && char.IsDigit(plate[4]) && char.IsLetter(plate[2]),
        5 or 6 => char.IsLetter(plate[0]),
        _ => false,
    };

    private static List<string> Groups(string plate, bool british)
    {
        if (british && plate.Length == 7 && char.IsLetter(plate[1]))
        {
            return [plate[..4], plate[4..]];
        }

        var groups = new List<string>();
        var start = 0;
        for (var i = 1; i <= plate.Length; i++)
        {
            if (i == plate.Length || char.IsLetter(plate[i]) != char.IsLetter(plate[i - 1]))
            {
                groups.Add(plate[start..i]);
                start = i;
            }
        }

        return groups;
    }
}

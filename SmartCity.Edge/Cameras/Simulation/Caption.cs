using System.Globalization;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>
/// What a camera writes along the upper edge of its pictures: place on the left, day and time on the right. Letters and digits never stand together,
/// so that no recogniser takes them for a plate: words of the place with digits are left out.
/// </summary>
/// <param name="place">Null for day and time alone.</param>
internal sealed class Caption(string? place)
{
    private const double Size = .55;
    private const int Left = 18;
    private const int Foot = 27;

    private readonly string _place = string.Join(' ', (place ?? "").ToUpperInvariant().Split(' ').Where(word => !word.Any(char.IsDigit)));

    /// <summary>Writes into a BGR picture, in place.</summary>
    /// <param name="at">UTC; null leaves day and time out.</param>
    public void Write(Mat picture, DateTimeOffset? at)
    {
        if (_place.Length > 0)
        {
            Write(picture, _place, Left);
        }

        if (at is { } time)
        {
            var text = time.UtcDateTime.ToString("dd-MM-yyyy  HH:mm:ss", CultureInfo.InvariantCulture);
            Write(picture, text, picture.Width - Left - Cv2.GetTextSize(text, HersheyFonts.HersheySimplex, Size, 1, out _).Width);
        }
    }

    private static void Write(Mat picture, string text, int left)
    {
        Cv2.PutText(picture, text, new Point(left + 1, Foot + 1), HersheyFonts.HersheySimplex, Size, new Scalar(20, 20, 20), 2, LineTypes.AntiAlias);
        Cv2.PutText(picture, text, new Point(left, Foot), HersheyFonts.HersheySimplex, Size, new Scalar(236, 236, 236), 1, LineTypes.AntiAlias);
    }
}

using System.Globalization;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras.Simulation;

/// <summary>The line that a camera writes into its pictures: place, day and time. Thin and in one piece, too long for a plate.</summary>
internal sealed class Caption(string place)
{
    private const double Size = .52;

    private readonly string _place = place.ToUpperInvariant();

    /// <summary>Writes into a BGR picture, in place.</summary>
    /// <param name="at">UTC; null leaves the time out.</param>
    public void Write(Mat picture, DateTimeOffset? at)
    {
        var text = at is { } time ? string.Create(CultureInfo.InvariantCulture, $"{_place} - {time:dd-MM-yyyy HH:mm:ss} UTC") : _place;
        var foot = new Point(18, 26);
        Cv2.PutText(picture, text, new Point(foot.X + 1, foot.Y + 1), HersheyFonts.HersheySimplex, Size, new Scalar(20, 20, 20), 2, LineTypes.AntiAlias);
        Cv2.PutText(picture, text, foot, HersheyFonts.HersheySimplex, Size, new Scalar(236, 236, 236), 1, LineTypes.AntiAlias);
    }
}

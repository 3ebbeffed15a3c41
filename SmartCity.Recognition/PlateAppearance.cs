using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>What a plate looks like besides its characters; shares 0–1.</summary>
/// <param name="Yellow">Share of the ground that is yellow.</param>
/// <param name="BlueBand">Share of blue just left of the characters.</param>
/// <param name="Aspect">Width by height of the characters' line.</param>
internal readonly record struct PlateAppearance(float Yellow, float BlueBand, float Aspect)
{
    private static readonly HashSet<string> Banded = ["DE", "FR", "NL", "BE", "IT", "ES", "PT", "AT", "PL", "CZ", "SK", "HU", "HR", "SI", "RO", "IE", "SE", "NO", "DK", "FI"];

    /// <summary>What <see cref="Whole"/> is of a plate that the picture's edge cuts off, and what any reading counts for against a whole plate at most.</summary>
    public const float CertainlyInPart = -1;

    public static PlateAppearance Neutral { get; } = new(0, 0, 4.5f);

    /// <summary>What <see cref="CityCountry"/> says; null where it was not asked, and the other three speak instead.</summary>
    public CountryShares? Shares { get; init; }

    /// <summary>Less than 0 where too little speaks for all of the plate being seen: by so much, in log odds.</summary>
    public float Whole { get; init; }

    /// <summary>Not all of a plate is seen: an end is hidden or cut off, something hides a character, or the characters stand on no plate.</summary>
    public bool SeenInPart => Whole < 0;

    public static PlateAppearance Of(Mat image, PlateQuad quad)
    {
        var box = quad.Box;
        var frame = new Rect(0, 0, image.Width, image.Height);
        var within = box & frame;
        if (within.Width < 4 || within.Height < 4)
        {
            return Neutral;
        }

        using var plate = new Mat(image, within);
        var yellow = Share(plate, new Scalar(14, 90, 90), new Scalar(38, 255, 255));
        var band = new Rect(box.X - box.Height * 3 / 4, box.Y, box.Height * 3 / 4, box.Height) & frame;
        var blue = 0f;
        if (band.Width > 2 && band.Height > 2)
        {
            using var left = new Mat(image, band);
            blue = Share(left, new Scalar(98, 90, 40), new Scalar(132, 255, 255));
        }

        return new PlateAppearance(yellow, blue, (float)box.Width / box.Height);
    }

    /// <summary>How much more, or less, likely a country is for this look.</summary>
    public double Favour(int country) => Shares is { } shares
        ? shares[country] * Countries.Count
        : country == Countries.Other ? 1 : ByRule(Countries.Code(country));

    private double ByRule(string country)
    {
        var favour = 1.0;
        if (Yellow > 0.4)
        {
            favour *= country is "GB" or "NL" ? 4 : country is "IN" or "FR" or "US" ? 1 : 0.2;
        }

        if (BlueBand > 0.3)
        {
            favour *= Banded.Contains(country) ? 3 : country == "GB" ? 1.5 : 0.2;
        }

        if (Aspect < 3)
        {
            favour *= country is "US" or "IN" or "BR" ? 2 : 1;
        }

        return favour;
    }

    private static float Share(Mat region, Scalar from, Scalar to)
    {
        using var hsv = new Mat();
        Cv2.CvtColor(region, hsv, ColorConversionCodes.BGR2HSV);
        using var mask = new Mat();
        Cv2.InRange(hsv, from, to, mask);
        return Cv2.CountNonZero(mask) / (float)(region.Width * region.Height);
    }
}

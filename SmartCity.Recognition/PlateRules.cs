using OpenCvSharp;

namespace SmartCity.Recognition;

/// <summary>Which lines of characters are plates, and which of a picture's plates counts most.</summary>
internal static class PlateRules
{
    public const int FewestCharacters = 2;

    // Fewer are mostly scraps of lettering: they must be clear, and nothing surer may lie in the picture.
    private const int UsualCharacters = 4;
    private const double ShortClear = 0.5;

    private const int MostCharacters = 10;
    private const int MostDigits = 7;
    private const double EdgeShare = 0.08;
    private const double EndShare = 0.03;
    private const int EdgePixels = 2;
    private const double LeastConfidence = 0.015;
    private const double WithoutGrammar = 0.6;
    private const double UsualLength = 6;
    private const double ReadEnough = 0.5;
    private const double ScrapBelow = 0.3;

    /// <summary>A long number without letters is a telephone's, a number at the picture's edge its date, and words have letters only.</summary>
    public static bool IsPlate(GrammarDecoder decoded, in LinePlace place)
    {
        var digits = decoded.DigitCount;
        return decoded.Length is >= FewestCharacters and <= MostCharacters && decoded.Confidence > LeastConfidence
            && (decoded.Length >= UsualCharacters || (decoded.Fits && decoded.Confidence > ShortClear))
            && (digits > 0 || !place.MayBeWord) && (digits < decoded.Length || (decoded.Fits && decoded.Length <= MostDigits && !place.OnEdge));
    }

    /// <summary>Whether a box lies where cameras write date and time.</summary>
    public static bool IsOnEdge(Rect box, int pictureHeight)
    {
        var middle = (box.Y + box.Height / 2.0) / pictureHeight;
        return middle is < EdgeShare or > 1 - EdgeShare;
    }

    /// <summary>Whether the picture's edge may have cut off a part of the plate.</summary>
    public static bool IsCutOff(Rect box, Size picture)
    {
        var ends = Math.Max(EdgePixels, EndShare * box.Width);
        return box.Left <= ends || box.Top <= EdgePixels || box.Right >= picture.Width - ends || box.Bottom >= picture.Height - EdgePixels;
    }

    /// <summary>How plate-like a reading is.</summary>
    public static double Worth(GrammarDecoder decoded) => (decoded.Confidence + 0.05) * (decoded.Fits ? 1 : WithoutGrammar);

    /// <summary>What a reading counts for beside others, 0–1: a plate that was read is one, and the rest what they are worth.</summary>
    public static double Standing(double confidence, bool fits, double worth) => confidence >= ReadEnough ? fits ? 1 : WithoutGrammar : worth;

    /// <summary>Whether a reading says next to nothing.</summary>
    public static bool IsScrap(PlateRead read) => read.Confidence < ScrapBelow || IsShort(read.BestGuess.Length);

    /// <summary>Whether a text is so short that it alone is no sure plate.</summary>
    public static bool IsShort(int characters) => characters < UsualCharacters;

    /// <summary>How much a plate stands out: large, towards the middle, where a camera points, and no fragment.</summary>
    public static double Prominence(Rect box, int pictureWidth, int characters)
    {
        var dx = (box.X + box.Width / 2.0) / pictureWidth - 0.5;
        return Math.Pow(box.Width * (double)box.Height, 0.4) * (1 - 0.6 * Math.Abs(dx)) * Math.Min(1, characters / UsualLength);
    }
}

/// <summary>What is known of a line besides its characters.</summary>
/// <param name="OnEdge">It lies at the picture's upper or lower edge.</param>
/// <param name="MayBeWord">The detector is not certain that it is a plate.</param>
internal readonly record struct LinePlace(bool OnEdge, bool MayBeWord);

using OpenCvSharp;
using SmartCity.Contracts;

namespace SmartCity.Recognition;

/// <summary>A plate found in a frame: corners clockwise from top left in frame pixels, and the detector's score 0–1.</summary>
public sealed record PlateQuad(Point2f TopLeft, Point2f TopRight, Point2f BottomRight, Point2f BottomLeft, float Score)
{
    /// <summary>The smallest upright rectangle around the corners.</summary>
    public Rect Box => Corners.Box;

    internal Corners Corners => new(TopLeft, TopRight, BottomRight, BottomLeft);

    /// <summary>The quad with its ends moved outwards along its lines and its upper and lower side across them, in pixels.</summary>
    public PlateQuad Grow(float along, float across)
    {
        var grown = Corners.Grow(along, across);
        return new PlateQuad(grown.TopLeft, grown.TopRight, grown.BottomRight, grown.BottomLeft, Score);
    }
}

/// <summary>One reading of one plate in one frame.</summary>
public sealed record PlateRead
{
    /// <summary>A–Z and 0–9 only; null when a plate was found but not read with enough confidence.</summary>
    public string? Plate { get; init; }

    /// <summary>The best reading even when it is too doubtful to be given as <see cref="Plate"/>; may be empty.</summary>
    public string BestGuess { get; init; } = "";

    public string? Country { get; init; }

    public string? Format { get; init; }

    public double Confidence { get; init; }

    public IReadOnlyList<double> Characters { get; init; } = [];

    public IReadOnlyList<PlateAlternative> Alternatives { get; init; } = [];

    public required PlateQuad Quad { get; init; }

    /// <summary>Whether not all of a plate was seen, or perhaps none at all but lettering: then <see cref="Confidence"/> is never that of a sure reading.</summary>
    public bool SeenInPart => Appearance.SeenInPart;

    /// <summary>Whether the home country and another give out such a text and it is not known whose it is: never sure, however well it was read.</summary>
    public bool MayBeAnyones { get; init; }

    /// <summary>The distributions behind the reading, for voting over frames.</summary>
    internal CharacterGrid Grid { get; init; } = CharacterGrid.Empty;

    /// <summary>The version that read it, such as <c>city-read-1</c>; null where nothing was read.</summary>
    public string? ReaderVersion => ReadBy?.Version;

    /// <summary>The reader; of a vote, that of its best frame.</summary>
    internal ReaderTraits? ReadBy { get; init; }

    /// <summary>What the plate looked like, for decoding the vote.</summary>
    internal PlateAppearance Appearance { get; init; } = PlateAppearance.Neutral;

    /// <summary>How probable it is that the places left out of <see cref="Grid"/> are no characters; 1 where none was.</summary>
    internal double Share { get; init; } = 1;
}

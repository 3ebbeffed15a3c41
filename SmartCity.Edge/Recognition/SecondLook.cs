namespace SmartCity.Edge.Recognition;

/// <summary>
/// A doubtful plate is cut out in other ways and read again, one at a time until two agree and are sure, by the second reader too where there is one:
/// what most of them say counts.
/// </summary>
internal static class SecondLook
{
    private const double SureAtOnce = 0.8;

    public delegate ReadPlate? Decode(in Source image, PlateQuad quad, PlateAppearance appearance, SeenPlaces seen);

    public static bool IsWanted(PlateRead read) => read.Confidence < SureAtOnce;

    /// <param name="image">The picture.</param>
    /// <param name="first">The doubtful reading.</param>
    /// <param name="models">What reads again.</param>
    /// <param name="seen">Room for what is seen.</param>
    /// <param name="decode">Makes a reading of what was seen.</param>
    public static ReadPlate At(in Source image, in ReadPlate first, RecognitionModels models, SeenPlaces seen, Decode decode)
    {
        var reads = new List<ReadPlate> { first };
        foreach (var view in PlatePatch.Views(image.Picture, first.Read.Quad))
        {
            if (Read(image, view, models.Reader))
            {
                return Agreed(reads);
            }
        }

        if (models.Second is { } second)
        {
            Read(image, first.Read.Quad, second);
        }

        return Agreed(reads);

        // True when it says what another said, and says it surely.
        bool Read(in Source image, PlateQuad view, IPlateReader reader)
        {
            reader.Read(image, [view], new ReadOnlySpan<SeenPlaces>(ref seen));
            if (decode(image, reads[0].Read.Quad, reads[0].Read.Appearance, seen) is not { } read)
            {
                return false;
            }

            var agrees = read.Read.Confidence >= SureAtOnce && reads.Exists(r => r.Read.BestGuess == read.Read.BestGuess);
            reads.Add(read);
            return agrees;
        }
    }

    private static ReadPlate Agreed(List<ReadPlate> reads) =>
        reads.GroupBy(r => r.Read.BestGuess, StringComparer.Ordinal).MaxBy(g => g.Sum(r => r.Value))!.MaxBy(r => r.Value);
}

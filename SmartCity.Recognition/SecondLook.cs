namespace SmartCity.Recognition;

/// <summary>
/// A doubtful plate is cut out in other ways and read again, one cut after another, until two of the readings agree. Where none do, the second reader is
/// asked too, if there is one, and what is worth most counts.
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
            Read(image, view, models.Reader);
            if (Agree(reads))
            {
                return Agreed(reads);
            }
        }

        if (models.Second is { } second)
        {
            Read(image, first.Read.Quad, second);
        }

        return Agreed(reads);

        void Read(in Source image, PlateQuad view, IPlateReader reader)
        {
            reader.Read(image, [view], new ReadOnlySpan<SeenPlaces>(ref seen));
            if (decode(image, reads[0].Read.Quad, reads[0].Read.Appearance, seen) is { } read)
            {
                reads.Add(read);
            }
        }
    }

    // Whether the last says what one before it said.
    private static bool Agree(List<ReadPlate> reads) => reads.FindIndex(r => r.Read.BestGuess == reads[^1].Read.BestGuess) < reads.Count - 1;

    private static ReadPlate Agreed(List<ReadPlate> reads) =>
        reads.GroupBy(r => r.Read.BestGuess, StringComparer.Ordinal).MaxBy(g => g.Sum(r => r.Worth * r.Prominence))!.MaxBy(r => r.Worth * r.Prominence);
}

namespace SmartCity.Edge.Recognition;

/// <summary>
/// A doubtful plate is cut out in other ways and read again, by the second reader too where there is one, and what most of them say counts. Where the
/// first of them all say the same, and surely, no more are asked.
/// </summary>
internal static class SecondLook
{
    private const double SureAtOnce = 0.8;

    // One more may be cut within the same character.
    private const int Enough = 3;

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
            if (reads.Count == Enough && !IsWanted(reads[^1].Read) && reads.TrueForAll(r => r.Read.BestGuess == reads[0].Read.BestGuess))
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

    private static ReadPlate Agreed(List<ReadPlate> reads) =>
        reads.GroupBy(r => r.Read.BestGuess, StringComparer.Ordinal).MaxBy(g => g.Sum(r => r.Worth * r.Prominence))!.MaxBy(r => r.Worth * r.Prominence);
}

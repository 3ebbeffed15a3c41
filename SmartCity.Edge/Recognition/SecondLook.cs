namespace SmartCity.Edge.Recognition;

/// <summary>A doubtful plate is cut out in other ways and read again, by the second reader too where there is one: what they agree on counts.</summary>
internal static class SecondLook
{
    private const double SureAtOnce = 0.8;

    public delegate ReadPlate? Decode(in Source image, PlateQuad quad, PlateAppearance appearance, SeenPlaces seen);

    public static bool IsWanted(PlateRead read) => read.Confidence < SureAtOnce;

    /// <param name="image">The picture.</param>
    /// <param name="first">The doubtful reading.</param>
    /// <param name="models">What reads again.</param>
    /// <param name="seen">Room for what is seen, at least <see cref="PlatePatch.MostViews"/>.</param>
    /// <param name="decode">Makes a reading of what was seen.</param>
    public static ReadPlate At(in Source image, in ReadPlate first, RecognitionModels models, SeenPlaces[] seen, Decode decode)
    {
        var reads = new List<ReadPlate> { first };
        Read(image, PlatePatch.Views(image.Picture, first.Read.Quad), models.Reader);
        if (models.Second is { } second)
        {
            Read(image, [first.Read.Quad], second);
        }

        var agreed = reads.GroupBy(r => r.Read.BestGuess, StringComparer.Ordinal).MaxBy(g => g.Sum(r => r.Value))!.MaxBy(r => r.Value);
        return agreed with { Value = Math.Max(agreed.Value, first.Value) };

        void Read(in Source image, ReadOnlySpan<PlateQuad> views, IPlateReader reader)
        {
            reader.Read(image, views, seen);
            for (var i = 0; i < views.Length; i++)
            {
                if (decode(image, reads[0].Read.Quad, reads[0].Read.Appearance, seen[i]) is { } read)
                {
                    reads.Add(read);
                }
            }
        }
    }
}

using Microsoft.Extensions.Logging.Abstractions;
using SmartCity.Recognition;

namespace SmartCity.Bench;

/// <summary>A detector and a reader that are measured together.</summary>
/// <param name="Version">Reads instead of the reader that is shipped; null for that one.</param>
internal sealed record Contender(string Detector, string Reader, string? Second = null, FetchedModel? Version = null)
{
    /// <summary>What the product uses when nothing is configured.</summary>
    public static Contender Default { get; } = new(new RecognitionOptions().Detector, new RecognitionOptions().Reader, new RecognitionOptions().SecondReader);

    public string Name => string.Join(" + ", new[] { Detector, Version?.Manifest.Id ?? Reader, Second }.OfType<string>());

    /// <summary>A reader's id for itself and its own detector, or <c>detector+reader</c>, or <c>detector+reader+second</c>.</summary>
    public static Contender Parse(string text) => text.Split('+') switch
    {
        [var detector, var reader] => new(detector, reader),
        [var detector, var reader, var second] => new(detector, reader, second),
        ["ppocr-v4"] => new("ppocr-det-v4", "ppocr-v4"),
        ["city-read-1"] => new("city-det-1", "city-read-1"),
        _ => throw new FormatException($"'{text}' is neither ppocr-v4 nor city-read-1 nor detector+reader."),
    };

    public PlateRecogniser Create(int? detectionSide = null)
    {
        var options = new RecognitionOptions { Detector = Detector, Reader = Reader, SecondReader = Second };
        options.DetectionSide = detectionSide ?? options.DetectionSide;
        return new PlateRecogniser(options, NullLogger<PlateRecogniser>.Instance, Version);
    }
}

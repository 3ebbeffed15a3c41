using Microsoft.Extensions.Logging.Abstractions;
using OpenCvSharp;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>How often a doubtful plate is read again: each time costs as much as the first.</summary>
public sealed class SecondLookTests
{
    private static readonly PlateQuad Quad = new(new(100, 100), new(220, 104), new(220, 128), new(100, 124), 0.9f);

    [Theory]
    [InlineData("AB12CDE", "AB12CDE", 1)]
    [InlineData("AB12CDF AB12CDE", "AB12CDE", 2)]
    [InlineData("AB12CDF AB12CDF", "AB12CDF", 2)]
    [InlineData("AB12CDF AB12CDG AB12CDE", "AB12CDE", 3)]
    [InlineData("AB12CDF AB12CDG AB12CDH", "AB12CDH", 3)]
    public void A_doubtful_plate_is_read_again_until_two_readings_agree(string again, string expected, int times)
    {
        using var models = new RecognitionModels(new RecognitionOptions { Device = RecognitionDevice.Cpu }, NullLogger.Instance);
        using var picture = new Mat(240, 320, MatType.CV_8UC3, new Scalar(90, 90, 90));
        using var array = InputArray.Create(picture);
        var read = new List<string>();
        var texts = again.Split(' ');

        var best = SecondLook.At(new Source(picture, array), Of("AB12CDE", 0.5), models, new SeenPlaces(), (in _, _, _, _) =>
        {
            read.Add(texts[read.Count]);
            return Of(read[^1], 0.5 + 0.01 * read.Count);
        });

        Assert.Equal((expected, times), (best.Read.BestGuess, read.Count));
    }

    private static ReadPlate Of(string text, double worth) =>
        new(new PlateRead { Quad = Quad, Grid = new CharacterGrid([]), BestGuess = text, Confidence = worth }, Fits: true, worth, Prominence: 1);
}

using System.Numerics.Tensors;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>The detector and the reader that were trained here, on simulated cameras.</summary>
public sealed class OwnModelsTests(OwnModelsTests.Own own) : IClassFixture<OwnModelsTests.Own>
{
    private const int Passes = 4;

    [Theory]
    [InlineData("day")]
    [InlineData("dusk")]
    [InlineData("night")]
    [InlineData("rain")]
    public void A_plate_near_the_camera_is_found_where_it_is_and_read(string weather)
    {
        using var traffic = new SimulatedTraffic(3, Enum.Parse<Weather>(weather, ignoreCase: true));
        var wrong = new List<string>();
        for (var i = 0; i < Passes; i++)
        {
            using var pass = traffic.Next();
            var (picture, truth) = pass.Draw(pass.Frames - 1);
            using (picture)
            {
                var found = Assert.Single(own.Models.Recognise(picture));
                var middle = new Point(found.Quad.Box.X + found.Quad.Box.Width / 2, found.Quad.Box.Y + found.Quad.Box.Height / 2);
                Assert.True(truth.Box.Contains(middle), $"{truth.Plate} lies at {truth.Box}, a plate was found at {found.Quad.Box}.");
                if (found.BestGuess != truth.Plate)
                {
                    wrong.Add($"{truth.Plate} was read as {found.BestGuess}");
                }
            }
        }

        Assert.True(wrong.Count <= 1, string.Join("; ", wrong));
    }

    [Fact]
    public void A_frame_without_anything_like_a_plate_takes_less_than_a_kilobyte_of_managed_memory()
    {
        const int Frames = 50;
        using var street = new Mat(720, 1280, MatType.CV_8UC3, new Scalar(140, 130, 120));
        Cv2.Rectangle(street, new Rect(0, 420, 1280, 300), new Scalar(80, 80, 80), -1);
        own.Models.Recognise(street);
        var before = GC.GetAllocatedBytesForCurrentThread();

        var found = 0;
        for (var i = 0; i < Frames; i++)
        {
            found += own.Models.Recognise(street).Count;
        }

        Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Frames, 0, 1023);
        Assert.Equal(0, found);
    }

    [Fact]
    public void A_frame_with_a_plate_takes_less_than_a_kilobyte_of_managed_memory_the_reading_with_it()
    {
        const int Frames = 50;
        using var traffic = new SimulatedTraffic(5, Weather.Day);
        using var pass = traffic.Next();
        var (picture, truth) = pass.Draw(pass.Frames / 2);
        using (picture)
        {
            Assert.Equal(truth.Plate, own.Models.Recognise(picture)[0].Plate);
            Read();
            var before = GC.GetAllocatedBytesForCurrentThread();

            Read();

            Assert.InRange((GC.GetAllocatedBytesForCurrentThread() - before) / Frames, 0, 1023);

            void Read()
            {
                for (var i = 0; i < Frames; i++)
                {
                    own.Models.Recognise(picture);
                }
            }
        }
    }

    [Fact]
    public void Both_lines_of_a_plate_are_read_upper_before_lower()
    {
        using var picture = new Mat(240, 320, MatType.CV_8UC3, new Scalar(70, 70, 70));
        Cv2.Rectangle(picture, new Rect(90, 70, 140, 100), new Scalar(235, 235, 235), -1);
        Cv2.PutText(picture, "MH12", new Point(102, 115), HersheyFonts.HersheyDuplex, 1.35, new Scalar(20, 20, 20), 3, LineTypes.AntiAlias);
        Cv2.PutText(picture, "A4827", new Point(100, 160), HersheyFonts.HersheyDuplex, 1.1, new Scalar(20, 20, 20), 3, LineTypes.AntiAlias);

        var read = Assert.Single(own.Models.Read(picture, [new PlateQuad(new(98, 80), new(222, 80), new(222, 164), new(98, 164), 1)]));

        Assert.Equal("MH12A4827", read.BestGuess);
    }

    [Fact]
    public void What_is_doubtful_in_every_frame_is_as_doubtful_in_the_vote()
    {
        using var traffic = new SimulatedTraffic(5, Weather.Day);
        using var pass = traffic.Next();
        var (picture, truth) = pass.Draw(pass.Frames / 2);
        using (picture)
        {
            var sure = own.Models.Recognise(picture)[0];
            var rows = new float[sure.Grid.Count * CharacterGrid.Columns];
            sure.Grid.CopyTo(rows);
            TensorPrimitives.Multiply(rows.AsSpan(0, CharacterGrid.Columns), 0.5f, rows.AsSpan(0, CharacterGrid.Columns));
            var (leftOut, halfSeen) = (sure with { Share = 0.5 }, sure with { Grid = new CharacterGrid(rows) });

            Assert.Equal(truth.Plate, own.Models.Fuse([sure, sure]).Plate);
            Assert.InRange(own.Models.Fuse([sure, sure]).Confidence, 0.9, 1);
            Assert.InRange(own.Models.Fuse([leftOut, leftOut, leftOut]).Confidence, 0, 0.5);
            Assert.InRange(own.Models.Fuse([halfSeen, halfSeen, halfSeen]).Confidence, 0, 0.51);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_plate_that_was_cut_within_a_character_is_looked_at_with_more_at_its_ends(int end)
    {
        using var picture = new Mat(160, 360, MatType.CV_8UC3, new Scalar(70, 70, 70));
        Cv2.Rectangle(picture, new Rect(50, 50, 260, 60), new Scalar(235, 235, 235), -1);
        Cv2.PutText(picture, "EK61 WTB", new Point(62, 97), HersheyFonts.HersheyDuplex, 1.5, new Scalar(20, 20, 20), 3, LineTypes.AntiAlias);
        var (left, right) = end == 0 ? (92, 298) : (62, 271);

        var read = Assert.Single(own.Models.Read(picture, [new PlateQuad(new(left, 60), new(right, 60), new(right, 100), new(left, 100), 0.9f)]));

        Assert.Equal("EK61WTB", read.Plate);
    }

    [Fact]
    public void Letters_alone_are_a_personal_plate_and_never_sure_where_the_detector_is_certain_and_a_word_where_it_is_not()
    {
        using var picture = new Mat(160, 320, MatType.CV_8UC3, new Scalar(70, 70, 70));
        Cv2.Rectangle(picture, new Rect(60, 50, 200, 60), new Scalar(235, 235, 235), -1);
        Cv2.PutText(picture, "KARLA", new Point(82, 97), HersheyFonts.HersheyDuplex, 1.5, new Scalar(20, 20, 20), 3, LineTypes.AntiAlias);
        PlateQuad Seen(float score) => new(new(80, 58), new(240, 58), new(240, 102), new(80, 102), score);

        var personal = Assert.Single(own.Models.Read(picture, [Seen(0.9f)]));

        Assert.Equal("KARLA", personal.Plate);
        Assert.InRange(personal.Confidence, 0.6, Sighting.LeastSure - 0.01);
        Assert.Empty(own.Models.Read(picture, [Seen(0.6f)]));
    }

    [Theory]
    [InlineData("F 1")]
    [InlineData("RR 1")]
    public void A_plate_of_two_or_three_characters_is_seen_and_not_sure(string text)
    {
        using var picture = new Mat(160, 320, MatType.CV_8UC3, new Scalar(70, 70, 70));
        Cv2.Rectangle(picture, new Rect(60, 50, 200, 60), new Scalar(235, 235, 235), -1);
        Cv2.PutText(picture, text, new Point(130, 97), HersheyFonts.HersheyDuplex, 1.5, new Scalar(20, 20, 20), 3, LineTypes.AntiAlias);
        var size = Cv2.GetTextSize(text, HersheyFonts.HersheyDuplex, 1.5, 3, out _);
        var (left, right) = (130, 130 + size.Width);

        var read = Assert.Single(own.Models.Read(picture, [new PlateQuad(new(left, 64), new(right, 64), new(right, 98), new(left, 98), 0.9f)]));

        Assert.Equal(text.Replace(" ", "", StringComparison.Ordinal), read.BestGuess.Replace('I', '1'));
        Assert.Null(read.Plate);
        Assert.InRange(read.Confidence, 0.1, 0.5);
    }

    [Fact]
    public void A_model_file_that_is_not_the_cards_is_refused_by_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder["city-det-1.onnx"], [1, 2, 3]);

        var refusal = Assert.Throws<InvalidDataException>(() => Own.Create(folder.Path));

        Assert.Contains(folder["city-det-1.onnx"], refusal.Message, StringComparison.Ordinal);
        Assert.Contains("SHA-256", refusal.Message, StringComparison.Ordinal);
    }

    public sealed class Own : IDisposable
    {
        public PlateRecogniser Models { get; } = Create(null);

        public static PlateRecogniser Create(string? folder) => new(new RecognitionOptions { Detector = "city-det-1", Reader = "city-read-1", HomeCountry = "GB", ModelsPath = folder });

        public void Dispose() => Models.Dispose();
    }
}

using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Events;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Edge.Tests.Tracking;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>A plate is sure only where all of it is seen, and only where it is a plate.</summary>
public sealed class WholePlateTests(Recogniser recogniser)
{
    private const int Passes = 6;

    [Fact]
    public void Whole_plates_are_sure()
    {
        var sure = 0;
        foreach (var (picture, truth, read) in Seen())
        {
            picture.Dispose();
            sure += read?.Plate == truth.Plate ? 1 : 0;
        }

        Assert.InRange(sure, Passes - 1, Passes);
    }

    [Theory]
    [InlineData(0, 0.22)]
    [InlineData(1, 0.22)]
    [InlineData(0, 0.37)]
    [InlineData(1, 0.37)]
    public void A_plate_with_a_hidden_end_is_never_sure(int end, double share)
    {
        foreach (var (name, read) in Hidden(Box))
        {
            Assert.True(read is null, $"{name} is hidden in part, and {read} is sure.");
        }

        void Box(Mat picture, Rect plate)
        {
            var (width, ends) = ((int)(plate.Width * share), plate.Height / 3);
            var left = end == 0 ? plate.Left - ends : plate.Right - width;
            Cv2.Rectangle(picture, new Rect(left, plate.Top - plate.Height / 5, width + ends, plate.Height * 7 / 5), new Scalar(30, 32, 35), -1);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void A_plate_that_the_edge_of_the_picture_cuts_is_never_sure(int end)
    {
        foreach (var pass in Seen())
        {
            using var picture = pass.Picture;
            var cut = pass.Truth.Box.Left + pass.Truth.Box.Width * (end == 0 ? 2 : 5) / 7;
            using var rest = end == 0 ? picture[new Rect(cut, 0, picture.Width - cut, picture.Height)] : picture[new Rect(0, 0, cut, picture.Height)];

            Assert.Null(Surest(rest));
        }
    }

    [Fact]
    public void A_post_before_a_plate_leaves_it_in_doubt()
    {
        foreach (var (name, read) in Hidden((picture, plate) => Cv2.Rectangle(picture, new Rect(plate.Left + plate.Width * 3 / 10, 0, plate.Width / 6, picture.Height), new Scalar(95, 100, 105), -1)))
        {
            Assert.True(read is null, $"{name} is hidden in part, and {read} is sure.");
        }
    }

    [Theory]
    [InlineData("WVL 274", 32, 25, 170)]
    [InlineData("LX11 CVR", 30, 30, 30)]
    [InlineData("KN54 TRX", 60, 110, 30)]
    [InlineData("BV10 WRT", 120, 60, 20)]
    public void Lettering_on_a_vehicle_without_a_plate_is_never_sure(string text, int blue, int green, int red)
    {
        using var picture = new Mat(720, 1280, MatType.CV_8UC3, new Scalar(128, 122, 110));
        Cv2.Rectangle(picture, new Rect(340, 60, 600, 580), new Scalar(blue, green, red), -1);
        Cv2.Rectangle(picture, new Rect(380, 110, 520, 270), new Scalar(35, 35, 35), -1);
        Cv2.PutText(picture, text, new Point(480, 470), HersheyFonts.HersheyDuplex, 1.7, new Scalar(240, 240, 240), 4, LineTypes.AntiAlias);

        Assert.Null(Surest(picture));
    }

    [Fact]
    public void The_text_of_a_plate_seen_in_part_stays_the_best_guess()
    {
        using var picture = Seen().First().Picture;
        var whole = recogniser.Models.Recognise(picture)[0];
        var box = whole.Quad.Box;

        using var rest = picture[new Rect(box.Left + box.Width / 4, 0, picture.Width - box.Left - box.Width / 4, picture.Height)];
        var read = recogniser.Models.Recognise(rest)[0];

        Assert.True(read.SeenInPart);
        Assert.NotEmpty(read.BestGuess);
        Assert.InRange(read.Confidence, 0, 0.7);
    }

    [Theory]
    [InlineData("LR33TEE", "")]
    [InlineData("G526JHD", "")]
    [InlineData("J20VTT", "left within")]
    [InlineData("AB12CD", "right within")]
    [InlineData("ABC123", "right")]
    [InlineData("LR3TEE", "within")]
    public void It_is_known_where_a_plate_would_go_on_if_it_were_a_part_of_one_from_home(string text, string more)
    {
        var (left, right, within) = LongerPlates.Of(text, Looks.Like("GB"), "GB");

        Assert.Equal(more, string.Join(' ', new[] { left ? "left" : "", right ? "right" : "", within ? "within" : "" }.Where(w => w.Length > 0)));
    }

    [Theory]
    [InlineData("LR33TEE", 3, true)]
    [InlineData("LR33TEE", -4, false)]
    [InlineData("J20VTT", 4.5, true)]
    [InlineData("J20VTT", 0, false)]
    [InlineData("J20", 4.5, false)]
    public void More_must_be_seen_of_an_end_where_the_plate_may_go_on_there(string text, float leftEnd, bool whole)
    {
        var read = Street.Read(Street.Plate(200), text, 0.999f) with { BestGuess = text, Confidence = 0.99 };

        Assert.Equal(whole, new WholeLook(leftEnd, 4.5f, 3, 6).Evidence(read, LongerPlates.Of(text, "GB")) >= 0);
    }

    [Fact]
    public void A_camera_that_reads_the_same_part_of_a_plate_does_not_make_it_sure()
    {
        using var picture = Seen().First().Picture;
        var whole = recogniser.Models.Recognise(picture)[0];
        var camera = new CameraReading { Plate = whole.Plate, Confidence = 0.99 };

        Assert.InRange(EventVote.Of(whole, camera).Confidence, Sighting.LeastSure, 1);
        Assert.InRange(EventVote.Of(Reading.InPart(whole), camera).Confidence, 0, 0.75);
        Assert.InRange(EventVote.Of(whole with { Country = null, MayBeAnyones = true }, camera).Confidence, 0, 0.89);
    }

    [Theory]
    [InlineData("first-letter-hidden.jpg")]
    [InlineData("last-letter-hidden.jpg")]
    [InlineData("lettering-no-plate.jpg")]
    public void A_picture_of_a_hidden_letter_or_of_mere_lettering_goes_to_a_person(string file)
    {
        using var picture = Case(file);

        Assert.Null(Surest(picture));
    }

    [Fact]
    public void The_same_picture_with_the_whole_plate_is_sure()
    {
        using var picture = Case("control-LR33TEE.jpg");

        Assert.Equal("LR33TEE", Surest(picture)?.Plate);
    }

    [Fact]
    public void A_foreign_plate_that_might_be_one_from_home_is_of_its_country_or_in_doubt()
    {
        using var picture = Case("romanian-AB01CDE.jpg");
        var read = recogniser.Models.Recognise(picture)[0];

        Assert.Equal("AB01CDE", read.BestGuess);
        Assert.True(read.Country == "RO" || read.Confidence < Sighting.LeastSure, $"{read.Plate} of {read.Country ?? "no country"} with {read.Confidence}.");
    }

    private IEnumerable<(string Name, PlateRead? Sure)> Hidden(Action<Mat, Rect> hide)
    {
        foreach (var pass in Seen())
        {
            using var picture = pass.Picture;
            hide(picture, pass.Truth.Box);
            yield return (pass.Truth.Plate, Surest(picture));
        }
    }

    // Vehicles near a simulated camera; whoever takes a picture disposes it.
    private IEnumerable<(Mat Picture, FrameTruth Truth, PlateRead? Sure)> Seen()
    {
        using var traffic = new SimulatedTraffic(3, Weather.Day);
        for (var i = 0; i < Passes; i++)
        {
            using var pass = traffic.Next();
            var (picture, truth) = pass.Draw(pass.Frames - 1);
            yield return (picture, truth, Surest(picture));
        }
    }

    private PlateRead? Surest(Mat picture) => recogniser.Models.Recognise(picture).FirstOrDefault(r => r.Plate is not null && r.Confidence >= Sighting.LeastSure);

    private static Mat Case(string file)
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent;
        }

        var path = Path.GetFullPath(Path.Combine(folder!.FullName, "..", "shared", "data", "cases", file));
        Assert.SkipUnless(File.Exists(path), $"There is no picture {path}.");
        return Cv2.ImRead(path);
    }
}

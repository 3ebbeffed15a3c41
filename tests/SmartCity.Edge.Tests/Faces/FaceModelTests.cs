using System.Numerics;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;
using SmartCity.Contracts.Faces;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Faces;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>Faces of pictures: found, told apart, refused where they are seen poorly, and blurred.</summary>
public sealed class FaceModelTests(Portraits portraits) : IClassFixture<Portraits>
{
    private static readonly Scalar Grey = new(128, 128, 128);

    [Fact]
    public void Every_face_of_the_portraits_is_found_and_no_other()
    {
        Portraits.Needed();

        foreach (var (file, person) in Portraits.Known())
        {
            using var picture = Portraits.Picture(file);
            var faces = portraits.Find(picture).Count;

            // One of the groups shows somebody at its edge who is not named.
            Assert.True(faces == 1 || (file.StartsWith("group", StringComparison.Ordinal) && faces is 2 or 3), $"{file}, which shows {person}: {faces} faces");
        }
    }

    [Fact]
    public void Two_pictures_of_one_person_are_near_and_those_of_two_are_far()
    {
        Portraits.Needed();
        var known = Portraits.Known().Where(k => !k.File.StartsWith("group", StringComparison.Ordinal)).Select(k => (k.File, k.Person, Template: Template(k.File))).ToList();
        var pairs = known.SelectMany((a, i) => known.Skip(i + 1).Select(b => (A: a.File, B: b.File, Same: a.Person == b.Person, Distance: portraits.Describer.Distance(a.Template, b.Template)))).ToList();

        Assert.Equal((35, 136), (pairs.Count(p => p.Same), pairs.Count(p => !p.Same)));
        Assert.DoesNotContain(pairs, p => p.Same != p.Distance < portraits.Describer.Card.Threshold);
    }

    [Fact]
    public void A_face_is_found_where_it_is_in_a_picture_that_is_scaled_down_to_look_at_it()
    {
        Portraits.Needed();
        using var portrait = Portraits.Picture("p01-1.jpg");
        var near = Assert.Single(portraits.Find(portrait));
        var far = Assert.Single(portraits.Detector.Find(portrait.Pixels(), new FaceSearch(320, 0.7f)));

        Assert.True(near.Box.Overlap(far.Box) > 0.7f, $"{near.Box} and {far.Box}");
    }

    [Fact]
    public void The_least_score_that_is_asked_for_reaches_the_detector()
    {
        Portraits.Needed();
        using var portrait = Portraits.Picture("p01-1.jpg");
        var score = Assert.Single(portraits.Find(portrait)).Score;

        Assert.Single(portraits.Detector.Find(portrait.Pixels(), new FaceSearch(1024, score - 0.01f)));
        Assert.Empty(portraits.Detector.Find(portrait.Pixels(), new FaceSearch(1024, score + 0.01f)));
    }

    [Fact]
    public void A_picture_of_four_bytes_a_pixel_gives_the_same_as_one_of_three()
    {
        Portraits.Needed();
        using var bgr = Portraits.Picture("p02-1.jpg");
        using var bgra = bgr.CvtColor(ColorConversionCodes.BGR2BGRA);
        using var three = Assert.Single(portraits.Describe(bgr, FaceGates.None));
        using var four = Assert.Single(portraits.Describe(bgra, FaceGates.None));

        Assert.InRange(portraits.Describer.Distance(three.Template!, four.Template!), 0, 1e-4);
    }

    [Fact]
    public void A_poor_look_is_refused_with_its_reason_and_gets_no_template()
    {
        Portraits.Needed();
        using var portrait = Portraits.Picture("p01-1.jpg");
        using var good = Assert.Single(portraits.Describe(portrait, FaceGates.Passing));
        Assert.Null(good.Refusal);
        Assert.NotNull(good.Template);
        var box = good.Face.Box;

        Refused(FaceRefusal.Small, p => p.Resize(default, 30.0 / box.Width, 30.0 / box.Width, InterpolationFlags.Area));
        Refused(FaceRefusal.Blurred, p => p.GaussianBlur(default, box.Width * 0.04));
        Refused(FaceRefusal.Dark, p => Scaled(p, 0.12, 0));
        Refused(FaceRefusal.Bright, p => Scaled(p, 0.2, 215));
        Refused(FaceRefusal.Turned, p => Turned(p, 40));
        Refused(FaceRefusal.Cut, p => p.SubMat(0, p.Height, (int)(box.X + box.Width * 0.2f), p.Width).Clone());

        void Refused(string reason, Func<Mat, Mat> change)
        {
            using var changed = change(portrait);
            using var fixedUp = changed.Clone();
            using var face = Assert.Single(portraits.Describe(fixedUp, FaceGates.Passing));
            Assert.Equal(reason, face.Refusal);
            Assert.Null(face.Template);
        }
    }

    [Fact]
    public void A_blurred_face_is_found_no_more_and_resembles_nobody_while_what_is_kept_stays()
    {
        Portraits.Needed();
        using var portrait = Portraits.Picture("p03-1.jpg");
        using var before = Assert.Single(portraits.Describe(portrait, FaceGates.None));
        using var picture = portrait.Clone();
        var plate = new FaceBox(before.Face.Box.X, before.Face.Box.Bottom, 40, 12);

        FaceBlur.Apply(picture.Bytes(), picture.Width, picture.Height, (int)picture.Step(), 3, [before.Face.Box], [plate]);

        Assert.Empty(portraits.Find(picture));
        using var blurred = portraits.Describer.Describe(picture.Pixels(), before.Face, FaceGates.None);
        Assert.True(portraits.Describer.Distance(before.Template!, blurred.Template!) > 0.7);
        var kept = new OpenCvSharp.Rect((int)plate.X + 1, (int)plate.Y + 1, 38, 10);
        using var difference = new Mat();
        Cv2.Absdiff(portrait.SubMat(kept), picture.SubMat(kept), difference);
        Assert.Equal(0, difference.Sum().Val0 + difference.Sum().Val1 + difference.Sum().Val2);
        using var far = new Mat();
        Cv2.Absdiff(portrait.SubMat(0, 4, 0, portrait.Width), picture.SubMat(0, 4, 0, portrait.Width), far);
        Assert.Equal(0, far.Sum().Val0);
    }

    [Fact]
    public void Three_looks_together_are_nearer_to_a_person_than_the_farthest_of_them()
    {
        Portraits.Needed();
        using var enrolled = Template("p01-1.jpg");
        List<FaceVector> looks = [Template("p01-2.jpg"), Template("p01-3.jpg"), Template("p01-4.jpg")];
        using var pool = new FacePool(portraits.Describer.Card);
        looks.ForEach(pool.Add);
        using var mean = pool.Mean();

        Assert.Equal(3, pool.Looks);
        Assert.True(portraits.Describer.Distance(mean, enrolled) < looks.Max(l => portraits.Describer.Distance(l, enrolled)));
    }

    [Fact]
    public void A_template_is_zeros_once_it_is_done_with_and_says_nothing_of_itself()
    {
        var template = new FaceVector((ReadOnlySpan<byte>)[0, 0, 0x80, 0x3F, 0, 0, 0, 0x40]);
        Assert.Equal([1f, 2f], template.Values.ToArray());
        using var described = new DescribedFace(new FoundFace(default, 0.9f, default), new FaceLook(0, 0, 0, 0, 0, 0, 0), null, template);
        Assert.DoesNotContain("1", template.ToString(), StringComparison.Ordinal);
        Assert.Contains("a template", described.ToString(), StringComparison.Ordinal);

        template.Dispose();

        Assert.All(template.Values.ToArray(), v => Assert.Equal(0f, v));
        Assert.Throws<ArgumentException>(() => new FaceVector((ReadOnlySpan<byte>)[1, 2, 3]));
    }

    [Fact]
    public void Another_descriptor_is_a_row_of_the_catalogue()
    {
        var sface = DescriptorCard.Of("sface-2021dec");
        Assert.Equal((112, 128, DescriptorDistance.Cosine), (sface.Side, sface.Length, sface.Distance));
        Assert.Contains(DescriptorCard.Usual, DescriptorCard.Names);

        var e = Assert.Throws<ArgumentException>(() => DescriptorCard.Of("no-such-1"));
        Assert.Contains("dlib-resnet-1, sface-2021dec", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Faces_are_looked_for_and_described_on_the_device_that_plates_are_read_on()
    {
        var models = new FaceModels(Options.Create(new FaceOptions { ModelsPath = Portraits.ModelFolder }), Options.Create(new RecognitionOptions { Device = RecognitionDevice.Cuda }), NullLogger<FaceModels>.Instance);
        if (OrtEnv.Instance().GetAvailableProviders().Contains("CUDAExecutionProvider"))
        {
            using var picture = Portraits.Picture("p01-1.jpg");
            var (detector, describer) = models.Get();
            var face = Assert.Single(detector.Find(picture.Pixels(), FaceSearch.Usual));
            using var onGpu = describer.Describe(picture.Pixels(), face, FaceGates.None);
            using var onCpu = portraits.Describer.Describe(picture.Pixels(), face, FaceGates.None);
            Assert.InRange(describer.Distance(onGpu.Template!, onCpu.Template!), 0, 0.02);
            return;
        }

        Assert.Contains("Recognition:Device is cuda, which cannot be used", Assert.Throws<InvalidOperationException>(() => models.Get()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("RGB", 55, 30, 5)]
    [InlineData("BGR", 15, 30, 45)]
    public void What_another_descriptor_takes_and_gives_is_as_its_row_says(string channels, float first, float second, float third)
    {
        // A network with SFace's input and output that gives the mean of each plane.
        var model = Convert.FromBase64String("CAgSADpzCjcKBGRhdGESA2ZjMSIKUmVkdWNlTWVhbioNCgRheGVzQAJAA6ABByoPCghrZWVwZGltcxgAoAECEgFnWh4KBGRhdGESFgoUCAESEAoCCAEKAggDCgIIcAoCCHBiFQoDZmMxEg4KDAgBEggKAggBCgIIA0IECgAQDQ==");
        var card = DescriptorCard.Of("sface-2021dec") with { Channels = channels, Mean = [10, 20, 30], Divisor = 2, Length = 3 };
        using var describer = FaceDescriber.Of(card, new InferenceSession(model));
        using var picture = new Mat(200, 200, MatType.CV_8UC3, new Scalar(40, 80, 120));
        var face = new FoundFace(new FaceBox(60, 50, 80, 100), 0.9f, new FacePoints(new(80, 90), new(120, 90), new(100, 110), new(85, 130), new(115, 130)));

        using var described = describer.Describe(picture.Pixels(), face, FaceGates.None);

        Assert.Equal([first, second, third], described.Template!.Values.ToArray().Select(v => MathF.Round(v, 2)));
        using var twice = new FaceVector(3);
        described.Template.Values.CopyTo(twice.Values);
        twice.Values[0] *= 2;
        twice.Values[1] *= 2;
        twice.Values[2] *= 2;
        Assert.Equal(0, describer.Distance(described.Template, twice), 6); // only the direction counts
        var wrong = Assert.Throws<InvalidDataException>(() => FaceDescriber.Of(card with { Side = 150 }, new InferenceSession(model)));
        Assert.Contains("does not take and give what the card of sface-2021dec says", wrong.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_missing_or_another_is_told_and_not_opened()
    {
        using var folder = new TemporaryFolder();
        var missing = Assert.Throws<FileNotFoundException>(() => FaceDescriber.Open(folder.Path));
        Assert.Contains("-p:Faces=true", missing.Message, StringComparison.Ordinal);
        Assert.Contains("-p:Faces=true", FaceDescriber.Missing(folder.Path), StringComparison.Ordinal);
        Assert.Null(FaceDescriber.Missing(Portraits.ModelFolder));

        File.Copy(Path.Combine(Portraits.ModelFolder, "face-detector.onnx"), Path.Combine(folder.Path, "face-descriptor.onnx"));
        var other = Assert.Throws<InvalidDataException>(() => FaceDescriber.Open(folder.Path));
        Assert.Contains("37eae7d0", other.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Five_points_are_brought_to_their_places_by_a_turn_a_size_and_a_shift()
    {
        var card = DescriptorCard.Of(DescriptorCard.Usual);
        Vector2 At(int i) => Vector2.Transform(new Vector2(card.Points[i][0], card.Points[i][1]), Matrix3x2.CreateRotation(0.4f) * Matrix3x2.CreateScale(1.7f) * Matrix3x2.CreateTranslation(31, -12));
        var found = Alignment.Of(new FacePoints(At(0), At(1), At(2), At(3), At(4)), card.Points);

        for (var i = 0; i < 5; i++)
        {
            var placed = found.A * new Complex(At(i).X, At(i).Y) + found.B;
            Assert.Equal(card.Points[i][0], placed.Real, 2);
            Assert.Equal(card.Points[i][1], placed.Imaginary, 2);
        }
    }

    [Theory]
    [InlineData(0, 136, 0, 0.0268, 0.0218)]
    [InlineData(5, 100, 0.0164, 0.1128, 0.1023)]
    [InlineData(100, 100, 0.9638, 1, 1)]
    public void A_rate_of_few_trials_comes_with_how_large_it_may_really_be(int errors, int trials, double low, double high, double atMost)
    {
        var interval = Interval.Of(errors, trials);

        Assert.Equal(low, interval.Low, 4);
        Assert.Equal(high, interval.High, 4);
        Assert.Equal(atMost, interval.AtMost, 4);
    }

    private FaceVector Template(string file)
    {
        using var picture = Portraits.Picture(file);
        return Assert.Single(portraits.Describe(picture, FaceGates.None)).Template!;
    }

    private static Mat Scaled(Mat picture, double by, double plus)
    {
        var scaled = new Mat();
        picture.ConvertTo(scaled, MatType.CV_8UC3, by, plus);
        return scaled;
    }

    private static Mat Turned(Mat picture, double degrees)
    {
        using var turn = Cv2.GetRotationMatrix2D(new Point2f(picture.Width / 2f, picture.Height / 2f), degrees, 1);
        return picture.WarpAffine(turn, picture.Size(), InterpolationFlags.Linear, BorderTypes.Constant, Grey);
    }
}

using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>Pictures with several vehicles, near and far: each is found, and the nearest comes first.</summary>
public sealed class ManyVehiclesTests(OwnModelsTests.Own own) : IClassFixture<OwnModelsTests.Own>
{
    // Width of the characters in pixels of a plate that can just be read.
    private const double Small = 60;

    [Fact]
    public void Six_vehicles_in_one_picture_are_six_plates()
    {
        var vehicles = Vehicles(6);
        using var picture = Street(1920, 720);
        for (var i = 0; i < vehicles.Count; i++)
        {
            Place(vehicles[i].Picture, picture, new Point(i % 3 * 640, i / 3 * 360), 360.0 / vehicles[i].Picture.Height);
        }

        Assert.Equal(vehicles.Select(v => v.Plate).Order(StringComparer.Ordinal), Read(picture).Order(StringComparer.Ordinal));
        vehicles.ForEach(v => v.Picture.Dispose());
    }

    [Theory]
    [InlineData(1920, 1080)]
    [InlineData(3840, 2160)]
    public void Plates_of_sixty_pixels_are_read_wherever_they_are_in_a_large_picture(int width, int height)
    {
        var vehicles = Vehicles(8);
        var read = new List<string>();
        foreach (var pair in vehicles.Chunk(2))
        {
            using var picture = Street(width, height);
            Place(pair[0].Picture, picture, new Point(width / 9, height / 3), Small / pair[0].Width);
            Place(pair[1].Picture, picture, new Point(width * 5 / 8, height * 4 / 7), Small / pair[1].Width);
            read.AddRange(Read(picture));
        }

        Assert.InRange(vehicles.Count(v => read.Contains(v.Plate)), 7, 8);
        vehicles.ForEach(v => v.Picture.Dispose());
    }

    [Theory]
    [InlineData(1920, 1080)]
    [InlineData(3840, 2160)]
    public void A_small_plate_is_read_beside_a_large_one_which_comes_first(int width, int height)
    {
        var vehicles = Vehicles(8);
        var (first, small) = (0, 0);
        foreach (var pair in vehicles.Chunk(2))
        {
            using var picture = Street(width, height);
            Place(pair[0].Picture, picture, new Point(width / 9, height / 4), 4 * Small / pair[0].Width);
            Place(pair[1].Picture, picture, new Point(width * 5 / 8, height / 9), Small / pair[1].Width);
            var read = Read(picture);
            first += read[0] == pair[0].Plate ? 1 : 0;
            small += read.Contains(pair[1].Plate) ? 1 : 0;
        }

        Assert.Equal(4, first);
        Assert.InRange(small, 3, 4);
        vehicles.ForEach(v => v.Picture.Dispose());
    }

    [Fact]
    public void The_vehicle_in_front_comes_first_even_at_the_pictures_side()
    {
        var vehicles = Vehicles(8);
        foreach (var pair in vehicles.Chunk(2))
        {
            using var picture = Street(1920, 1080);
            Place(pair[0].Picture, picture, new Point(20, 600), 2.4 * Small / pair[0].Width);
            Place(pair[1].Picture, picture, new Point(800, 200), 2 * Small / pair[1].Width);

            Assert.Equal([pair[0].Plate, pair[1].Plate], Read(picture));
        }

        vehicles.ForEach(v => v.Picture.Dispose());
    }

    [Theory]
    [InlineData("7NQ8878", -0.05)]
    [InlineData("7NQ8878", 0.04)]
    [InlineData("653XPI", 0)]
    [InlineData("KTC711", 0.1)]
    public void A_plate_that_hangs_over_another_is_read_alone_and_goes_to_a_person(string plate, double aside)
    {
        using var picture = Street(1280, 720);
        using var under = PlateDrawing.Draw("HN41KXR", front: true);
        using var over = American(plate);
        Place(under, picture, new Point(400, 400), 0.6);
        Place(over, picture, new Point(400 + (int)(0.6 * ((under.Width - over.Width) / 2 + aside * under.Width)), 400 - (int)(0.3 * (over.Height - under.Height))), 0.6);
        using var seen = new Mat();
        Cv2.GaussianBlur(picture, seen, new Size(0, 0), 0.8);

        var read = own.Models.Recognise(seen)[0];

        Assert.Equal(plate, read.BestGuess);
        Assert.InRange(read.Confidence, 0, Sighting.LeastSure - 0.01);
    }

    [Fact]
    public void What_is_too_small_to_be_read_and_perhaps_no_plate_is_read_only_where_nothing_else_is()
    {
        var vehicles = Vehicles(2);
        using var picture = Street(1920, 1080);
        Place(vehicles[0].Picture, picture, new Point(200, 300), 4 * Small / vehicles[0].Width);
        Place(vehicles[1].Picture, picture, new Point(1200, 120), 2 * Small / vehicles[1].Width);
        var quads = own.Models.Detect(picture);
        var plate = quads.MaxBy(q => q.Box.Width)!;
        var beside = quads.MinBy(q => q.Box.Width)!;
        var part = Narrow(beside, 0.3f) with { Score = 0.6f };

        Assert.Equal([vehicles[0].Plate, vehicles[1].Plate], own.Models.Read(picture, [plate, beside]).Select(r => r.BestGuess));
        Assert.NotEmpty(own.Models.Read(picture, [part]));
        Assert.Equal([vehicles[0].Plate], own.Models.Read(picture, [plate, part]).Select(r => r.BestGuess));
        Assert.Contains(own.Models.Read(picture, [plate, part with { Score = 0.9f }]), r => r.BestGuess != vehicles[0].Plate);
        vehicles.ForEach(v => v.Picture.Dispose());

        static PlateQuad Narrow(PlateQuad quad, float share) => new(
            quad.TopLeft, quad.TopLeft + (quad.TopRight - quad.TopLeft) * share, quad.BottomLeft + (quad.BottomRight - quad.BottomLeft) * share, quad.BottomLeft, quad.Score);
    }

    [Fact]
    public void A_camera_has_its_own_side_and_threshold()
    {
        var vehicle = Vehicles(1)[0];
        using var picture = Street(1920, 1080);
        Place(vehicle.Picture, picture, new Point(900, 400), Small / vehicle.Width);

        Assert.True(IsSeen(Assert.Single(own.Models.Detect(picture))));
        Assert.DoesNotContain(own.Models.Detect(picture, new CameraRecognition(DetectionSide: 160)), IsSeen);
        Assert.Equal(new DetectionSettings(960, 0.4f), new RecognitionOptions().Detection(new CameraRecognition(DetectionThreshold: 0.4)));
        vehicle.Picture.Dispose();

        static bool IsSeen(PlateQuad quad) => quad.Box.Width is > 40 and < 80;
    }

    [Fact]
    public void A_city_file_with_a_setting_that_is_none_is_refused_by_the_cameras_name()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder["city.json"], """{ "id": "t", "name": "T", "stations": [{ "id": "s", "name": "S", "latitude": 1, "longitude": 1, "cameras": [{ "id": "c", "source": "upload", "recognition": { "detectionSide": 20 } }] }] }""");

        var refusal = Assert.Throws<InvalidDataException>(() => City.Load(folder["city.json"]));

        Assert.Contains("camera 'c': recognition.detectionSide must be from 160 to 4096 pixels", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("four-cars-4k.jpg")]
    [InlineData("far-in-4k.jpg")]
    public void Every_car_of_a_large_photograph_is_read(string file)
    {
        var folder = Path.GetFullPath(Path.Combine(PhotographTests.Root(), "..", "shared", "data", "cases"));
        Assert.SkipUnless(Directory.Exists(folder), $"There are no photographs in {folder}.");
        var expected = File.ReadLines(Path.Combine(folder, "expected.tsv")).Select(l => l.Split('\t')).Single(l => l[0] == file)[2].Split(' ')[1..];
        using var picture = Pictures.Decode(File.ReadAllBytes(Path.Combine(folder, file)), 50_000_000);

        Assert.Empty(expected.Except(Read(picture)));
    }

    private List<string> Read(Mat picture) => [.. own.Models.Recognise(picture).Select(r => r.BestGuess)];

    // Fronts and backs of simulated vehicles near the camera, with the width of their plates in pixels.
    private static List<(Mat Picture, string Plate, int Width)> Vehicles(int count)
    {
        using var traffic = new SimulatedTraffic(11, Weather.Day);
        var vehicles = new List<(Mat, string, int)>();
        for (var i = 0; i < count; i++)
        {
            using var pass = traffic.Next();
            var (picture, truth) = pass.Draw(pass.Frames * 3 / 4);
            using (picture)
            {
                var around = new Rect(truth.Box.X - truth.Box.Width, truth.Box.Y - truth.Box.Width, 3 * truth.Box.Width, 2 * truth.Box.Width) & new Rect(new Point(0, 0), picture.Size());
                using var vehicle = new Mat(picture, around);
                vehicles.Add((vehicle.Clone(), truth.Plate, truth.Box.Width));
            }
        }

        return vehicles;
    }

    // 305 × 152 millimetres, a pixel each.
    private static Mat American(string plate)
    {
        var picture = new Mat(152, 305, MatType.CV_8UC3, new Scalar(235, 225, 205));
        Cv2.Rectangle(picture, new Rect(1, 1, 303, 150), new Scalar(60, 50, 40), 2);
        var width = 252 / plate.Length;
        for (var i = 0; i < plate.Length; i++)
        {
            PlateFace.Draw(picture, plate[i], new Rect(26 + i * width, 44, width - 9, 66), 8, new Scalar(90, 40, 20));
        }

        Cv2.PutText(picture, "CALIFORNIA", new Point(95, 28), HersheyFonts.HersheyDuplex, 0.7, new Scalar(60, 40, 160), 1, LineTypes.AntiAlias);
        return picture;
    }

    private static Mat Street(int width, int height)
    {
        var street = new Mat(height, width, MatType.CV_8UC3, new Scalar(140, 130, 120));
        Cv2.Rectangle(street, new Rect(0, height / 2, width, height / 2), new Scalar(80, 80, 80), -1);
        return street;
    }

    private static void Place(Mat vehicle, Mat picture, Point at, double scale)
    {
        using var scaled = new Mat();
        Cv2.Resize(vehicle, scaled, new Size(), scale, scale, scale < 1 ? InterpolationFlags.Area : InterpolationFlags.Cubic);
        using var place = new Mat(picture, new Rect(at, scaled.Size()));
        scaled.CopyTo(place);
    }
}

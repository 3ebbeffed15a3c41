using Microsoft.Extensions.Logging;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Recordings;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

public sealed class FolderTests(Recogniser recogniser) : IDisposable
{
    private static readonly DateTimeOffset Taken = new(2026, 11, 20, 17, 30, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Pictures_come_in_the_order_of_their_names_at_the_time_they_were_taken_and_other_files_do_not()
    {
        Put("b.png", TestPictures.Png(40, 40));
        Put("a.JPG", TestPictures.Jpeg());
        Put("c.jpeg", TestPictures.Png(60, 60));
        Put("notes.txt", "no picture"u8.ToArray());
        var source = Source("yard", new RecordingLogger(), []);
        var frames = new List<(long Number, int Width, DateTimeOffset At, bool Still)>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
        {
            using (frame)
            {
                frames.Add((frame.Number, frame.Image.Width, frame.CapturedAt, frame.Still));
            }
        }

        Assert.True(source.Waits);
        Assert.Equal([(0, TestPictures.Width, Taken, true), (1, 40, Taken, true), (2, 60, Taken, true)], frames);
    }

    [Fact]
    public async Task Bad_files_are_named_with_what_is_wrong_and_the_rest_is_read()
    {
        Put("1-truncated.jpg", TestPictures.Jpeg("AB12CDE")[..^5000]);
        Put("2-empty.jpg", []);
        Put("3-text.jpg", "this is no picture"u8.ToArray());
        Put("4-pixel.png", TestPictures.Png(1, 1));
        Put("5-bomb.png", TestPictures.PngBomb());
        Put("6-good.jpg", TestPictures.Jpeg("LR33TEE"));
        var log = new RecordingLogger();
        var read = new List<string?>();
        var bad = new List<string>();
        await foreach (var frame in Source("yard", log, bad).ReadAsync(TestContext.Current.CancellationToken))
        {
            using (frame)
            {
                read.AddRange(recogniser.Models.Recognise(frame.Image).Select(r => r.Plate));
            }
        }

        Assert.Equal(["LR33TEE"], read);
        Assert.Equal(5, bad.Count);
        Assert.StartsWith("3-text.jpg: This is neither", bad[2], StringComparison.Ordinal);
        Assert.Collection(
            log.Lines.Where(l => !l.Text.Contains("nothing says when", StringComparison.Ordinal)),
            l => IsWarned(l, "1-truncated.jpg", "cut off"),
            l => IsWarned(l, "2-empty.jpg", "empty"),
            l => IsWarned(l, "3-text.jpg", "neither a JPEG nor a PNG"),
            l => IsWarned(l, "4-pixel.png", "1 × 1 pixels"),
            l => IsWarned(l, "5-bomb.png", "30000 × 30000 pixels"));
    }

    [Fact]
    public async Task Every_picture_of_a_folder_is_read_and_reading_it_again_makes_the_same_sightings()
    {
        string[] plates = ["LR33TEE", "KX70HJM", "AB12CDE"];
        Directory.CreateDirectory(_folder["pictures"]);
        foreach (var plate in plates)
        {
            Put($"pictures/{plate}.jpg", TestPictures.Jpeg(plate));
        }

        Put("pictures/street.jpg", TestPictures.Jpeg());
        var first = await ReplayAsync();
        var second = await ReplayAsync();

        Assert.Equal(plates.Order(StringComparer.Ordinal), first.Select(s => s.Plate).OfType<string>().Order(StringComparer.Ordinal));
        Assert.Equal(first, second);
        Assert.All(first, s => Assert.Equal((Taken, 7), (s.At, s.Id.Version)));
    }

    [Fact]
    public async Task A_folder_that_is_not_there_yet_is_lost_saying_so_and_read_when_it_comes()
    {
        var pictures = _folder["later"];
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("yard", $"folder:{pictures}")]);
        await Eventually.IsTrue(() => station.Camera("yard").State == CameraState.Lost, "the camera is lost");
        Assert.Contains(pictures, station.Beat("yard").Error, StringComparison.Ordinal);

        Directory.CreateDirectory(pictures);
        Put("later/one.jpg", TestPictures.Jpeg("LR33TEE"));
        await station.UntilFinished("yard");

        Assert.Equal("LR33TEE", Assert.Single(station.Sightings).Plate);
        Assert.Equal(("ended", null), (station.Beat("yard").State, station.Beat("yard").Error));
    }

    [Fact]
    public void An_address_of_no_known_kind_is_refused_naming_those_there_are()
    {
        var error = Assert.Throws<InvalidDataException>(() => new CameraSources(
            Microsoft.Extensions.Options.Options.Create(new EdgeOptions()), PlanarVideoTests.Decoder(), TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger<CameraSources>.Instance)
            .Of(new Camera { Id = "yard", Source = "ftp://camera" }));

        Assert.Contains("ftp://camera", error.Message, StringComparison.Ordinal);
        Assert.All(["folder:", "file:", "rtsp:", "http:", "upload", "simulated:"], kind => Assert.Contains(kind, error.Message, StringComparison.Ordinal));
    }

    private static void IsWarned((LogLevel Level, string Text) line, string file, string reason)
    {
        Assert.Equal(LogLevel.Warning, line.Level);
        Assert.Contains(file, line.Text, StringComparison.Ordinal);
        Assert.Contains(reason, line.Text, StringComparison.Ordinal);
    }

    private async Task<HashSet<(Guid Id, string? Plate, DateTimeOffset At)>> ReplayAsync()
    {
        using var own = new TemporaryFolder();
        await using var station = await CameraStation.StartAsync(recogniser, own, [("yard", $"folder:{_folder["pictures"]}")]);
        await station.UntilFinished("yard");
        Assert.Equal((4, 4, 0), (station.Camera("yard").Frames, station.Beat("yard").FramesRead, station.Camera("yard").Dropped));
        return [.. station.Sightings.Select(s => (s.Id, s.Plate, s.CapturedAt))];
    }

    private FolderSource Source(string camera, RecordingLogger log, List<string> bad) =>
        new(camera, _folder.Path, new RecordingTimes(camera, new RecordingAddress(_folder.Path), () => "Europe/London", log), 1_000_000, log, bad: bad.Add);

    private void Put(string name, byte[] content)
    {
        File.WriteAllBytes(_folder[name], content);
        File.SetLastWriteTimeUtc(_folder[name], Taken.UtcDateTime);
    }
}

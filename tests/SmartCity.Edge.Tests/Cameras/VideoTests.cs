using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Cameras.Recordings;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

public sealed class VideoTests(Recogniser recogniser) : IDisposable
{
    private static readonly DateTimeOffset Recorded = new(2026, 11, 20, 17, 30, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_file_gives_all_its_frames_at_the_time_they_were_recorded_and_waits_for_who_takes_them()
    {
        var path = Record(Enumerable.Range(0, 12).Select(i => TestPictures.Street("LR33TEE", x: 60 + 20 * i)));
        var source = new VideoSource("tape", path, new RecordingTimes("tape", new RecordingAddress(path), () => "Europe/London", new RecordingLogger()));
        var frames = new List<(long Number, double Milliseconds, string? Origin)>();
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
        {
            using (frame)
            {
                Assert.Equal((TestPictures.Width, TestPictures.Height), (frame.Image.Width, frame.Image.Height));
                frames.Add((frame.Number, (frame.CapturedAt - Recorded).TotalMilliseconds, frame.Origin));
            }
        }

        Assert.True(source.Waits);
        Assert.Equal(Enumerable.Range(0, 12).Select(i => (long)i), frames.Select(f => f.Number));
        Assert.All(frames, f => Assert.Equal(125.0 * f.Number, f.Milliseconds, 1.0));
        Assert.NotNull(Assert.Single(frames.Select(f => f.Origin).Distinct()));
    }

    [Fact]
    public async Task A_vehicle_in_a_video_is_one_sighting_the_next_is_another_and_playing_it_again_makes_no_new_ones()
    {
        string[] plates = ["LR33TEE", "KX70HJM"];
        var path = Record(plates.SelectMany(plate => Enumerable.Range(0, 8).Select(i => TestPictures.Street(plate, x: 80 + 16 * i, y: 140 + 10 * i)).Concat(Empty(10))));
        var first = await PlayAsync(path);
        var second = await PlayAsync(path);

        Assert.Equal(plates, first.Select(s => s.Plate));
        Assert.Equal(first, second);
        Assert.InRange(first[1].At - first[0].At, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
    }

    [Fact]
    public async Task What_is_known_of_a_vehicle_when_it_has_left_comes_as_a_revision_with_the_same_picture()
    {
        // Ten pixels down in each eighth of a second: 4.5 metres from line to line in 0.45 seconds.
        var path = Record(Enumerable.Range(0, 12).Select(i => TestPictures.Street("LR33TEE", x: 80 + 4 * i, y: 110 + 10 * i)).Concat(Empty(10)));
        var motion = new { directions = new { towards = "outbound" }, lines = new[] { [[0, 0.5], [1, 0.5]], new double[][] { [0, 0.6], [1, 0.6] } }, linesMetres = 4.5 };
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("tape", $"file:{path}")], new() { ["Edge:FramesWaiting"] = "1" }, motion: motion);
        await station.UntilFinished("tape");

        var sightings = station.Sightings;
        Assert.Equal((2, 1), (sightings.Count, sightings.DistinctBy(s => s.Id).Count()));
        Assert.Equal([(0, null, "inbound"), (1, "towards", "outbound")], sightings.Select(s => (s.Revision, s.Movement, s.Direction!)));
        Assert.Null(sightings[0].SpeedKmh);
        Assert.Equal(36, sightings[1].SpeedKmh!.Value, 4.0);
        Assert.Equal((sightings[0].Evidence, sightings[0].Plate, sightings[0].Confidence), (sightings[1].Evidence, sightings[1].Plate, sightings[1].Confidence));
        Assert.Equal(1, station.Camera("tape").Sightings);
    }

    [Fact]
    public async Task Frames_of_an_empty_street_are_not_read()
    {
        var path = Record(Empty(40).Concat(Enumerable.Range(0, 8).Select(i => TestPictures.Street("LR33TEE", x: 80 + 16 * i))).Concat(Empty(40)));
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("tape", $"file:{path}")]);
        await station.UntilFinished("tape");

        Assert.Equal("LR33TEE", Assert.Single(station.Sightings).Plate);
        Assert.Equal(88, station.Camera("tape").Frames);
        Assert.Equal(0, station.Camera("tape").Dropped);
        Assert.InRange(station.Beat("tape").FramesRead, 2, 11);
    }

    [Fact]
    public async Task A_file_that_is_no_video_is_lost_saying_which()
    {
        await File.WriteAllTextAsync(_folder["tape.avi"], "no video", TestContext.Current.CancellationToken);
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("tape", $"file:{_folder["tape.avi"]}"), ("missing", $"file:{_folder["missing.avi"]}")]);
        await Eventually.IsTrue(() => station.Camera("tape").State == CameraState.Lost && station.Camera("missing").State == CameraState.Lost, "both cameras are lost");

        Assert.Contains("tape.avi could not be opened", station.Beat("tape").Error, StringComparison.Ordinal);
        Assert.Contains("no file", station.Beat("missing").Error, StringComparison.Ordinal);
    }

    private static IEnumerable<OpenCvSharp.Mat> Empty(int frames) => Enumerable.Range(0, frames).Select(_ => TestPictures.Street());

    private string Record(IEnumerable<OpenCvSharp.Mat> frames)
    {
        var path = _folder["tape.avi"];
        var count = 0;
        TestPictures.Video(path, frames.Select(f =>
        {
            count++;
            return f;
        }));
        File.SetLastWriteTimeUtc(path, Recorded.UtcDateTime.AddSeconds(count / 8.0));
        return path;
    }

    private async Task<List<(Guid Id, string? Plate, DateTimeOffset At)>> PlayAsync(string path)
    {
        using var own = new TemporaryFolder();
        await using var station = await CameraStation.StartAsync(recogniser, own, [("tape", $"file:{path}")], new() { ["Edge:FramesWaiting"] = "1" });
        await station.UntilFinished("tape");
        Assert.Equal(0, station.Camera("tape").Dropped);
        return station.Sightings.ConvertAll(s => (s.Id, s.Plate, s.CapturedAt));
    }
}

using OpenCvSharp;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

public sealed class BacklogTests(Recogniser recogniser) : IDisposable
{
    private const string Camera = "gate-1";
    private const int Pictures = 12;
    private const int Waiting = 3;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_live_camera_that_outruns_recognition_loses_its_oldest_frames_which_are_counted_and_freed()
    {
        // All are there before the first is read; each shows a vehicle of its own.
        var pictures = Enumerable.Range(0, Pictures).Select(i => TestPictures.Street($"LR{60 + i}TEE")).ToList();
        await using var station = await CameraStation.StartAsync(
            recogniser, _folder, [(Camera, "upload:stream")], new() { ["Edge:FramesWaiting"] = $"{Waiting}" }, prepare: s => Offer(s, pictures));
        await Eventually.IsTrue(() => station.Beat(Camera).FramesRead + station.Camera(Camera).Dropped == Pictures, "every frame was read or dropped");
        await Eventually.IsTrue(() => station.Sightings.Count == station.Beat(Camera).FramesRead, "every frame read is a sighting");

        var beat = station.Beat(Camera);
        Assert.Equal(Pictures, station.Camera(Camera).Frames);
        Assert.InRange(beat.FramesDropped, 1, Pictures - Waiting);
        Assert.Equal(["LR69TEE", "LR70TEE", "LR71TEE"], station.Sightings.TakeLast(Waiting).Select(s => s.Plate));
        Assert.All(pictures, p => Assert.True(p.IsDisposed));
    }

    private static void Offer(CameraStation station, List<Mat> pictures)
    {
        var source = Assert.IsType<UploadSource>(station.Sources.Of(new Camera { Id = Camera, Source = "upload:stream" }));
        for (var i = 0; i < pictures.Count; i++)
        {
            Assert.True(source.TryOffer(new Frame(Camera, i, station.Time.GetUtcNow().AddSeconds(i), pictures[i]) { Still = true }));
        }
    }
}

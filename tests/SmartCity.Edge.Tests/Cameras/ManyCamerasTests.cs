using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>Ten cameras of one station at once: every vehicle is one sighting, of its own camera.</summary>
public sealed class ManyCamerasTests(Recogniser recogniser) : IDisposable
{
    private const int CameraCount = 10;
    private const int FramesWithVehicle = 6;
    private const int FramesWithout = 4;

    private static readonly string[] Ends = ["HJM", "TEE", "BXK"];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Ten_cameras_at_once_report_every_vehicle_once()
    {
        var cameras = Enumerable.Range(0, CameraCount).Select(c => $"lane-{c}").ToArray();
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [.. cameras.Select(c => (c, "upload"))]);
        for (var vehicle = 0; vehicle < Ends.Length; vehicle++)
        {
            for (var frame = 0; frame < FramesWithVehicle + FramesWithout; frame++)
            {
                await ShowAsync(station, cameras, c => frame < FramesWithVehicle ? Plate(c, vehicle) : null, 200 + 15 * frame);
            }
        }

        var wanted = Enumerable.Range(0, CameraCount).SelectMany(c => Enumerable.Range(0, Ends.Length).Select(v => (cameras[c], Plate(c, v)))).Order().ToList();
        await Eventually.IsTrue(() => station.Sightings.Count >= wanted.Count, $"{wanted.Count} vehicles are sightings");
        Assert.Equal(wanted, station.Sightings.Select(s => (s.CameraId, s.Plate ?? "")).Order());
        TestContext.Current.TestOutputHelper?.WriteLine($"{CameraCount} cameras at once: {wanted.Count} vehicles in, {station.Sightings.Count} sightings out");
    }

    // One frame of every camera, all of them at once.
    private static async Task ShowAsync(CameraStation station, string[] cameras, Func<int, string?> plate, int x)
    {
        var pictures = cameras.Select((_, c) => TestPictures.Street(plate(c), x)).ToList();
        for (var c = 0; c < cameras.Length; c++)
        {
            Assert.True(((UploadSource)station.Sources.Of(new Camera { Id = cameras[c], Source = "upload" })).TryOffer(new Frame(cameras[c], 0, station.Time.GetUtcNow(), pictures[c])));
        }

        await Eventually.IsTrue(() => pictures.TrueForAll(p => p.IsDisposed), "the frames were taken");
        station.Time.Advance(TimeSpan.FromMilliseconds(125));
    }

    private static string Plate(int camera, int vehicle) => $"K{"ABDEGHKLMN"[camera]}{20 + 3 * camera}{Ends[vehicle]}";
}

using OpenCvSharp;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>What goes wrong with one camera is seen, passes, and costs no other camera anything.</summary>
public sealed class FaultTests(Recogniser recogniser) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_frame_on_which_recognition_fails_is_the_cameras_state_until_one_is_read_again()
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("gate", "upload"), ("beside", "upload")]);
        Offer(station, "gate", Broken());
        await station.Until(() => station.Camera("gate").Frames == 1, "the broken frame has come");
        await Eventually.IsTrue(() => station.Camera("gate").State == CameraState.Failing, "the camera says that its frames cannot be read");
        Assert.Equal("failing", station.Beat("gate").State);
        Assert.Contains("cannot be read", station.Beat("gate").Error, StringComparison.Ordinal);

        Offer(station, "beside", TestPictures.Street("KX70HJM"));
        await station.Until(() => station.Sightings.Exists(s => s.Plate == "KX70HJM"), "the camera beside it sees a vehicle");

        Offer(station, "gate", TestPictures.Street("LR33TEE"));
        await station.Until(() => station.Sightings.Exists(s => s.Plate == "LR33TEE"), "the camera sees a vehicle again");
        Assert.Equal(CameraState.Streaming, station.Camera("gate").State);
        Assert.Null(station.Beat("gate").Error);
    }

    [Fact]
    public async Task Vehicles_before_and_after_frames_on_which_recognition_fails_are_reported_once_each()
    {
        string[] plates = ["LR33TEE", "KX70HJM", "AB12CDE", "BD51SMR"];
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("gate", "upload")]);
        foreach (var plate in plates)
        {
            Offer(station, "gate", TestPictures.Street(plate));
            Offer(station, "gate", Broken());
            await station.Until(() => station.Sightings.Exists(s => s.Plate == plate), $"{plate}, which was followed when recognition failed, is reported");
        }

        Assert.Equal(plates, station.Sightings.Select(s => s.Plate));
        TestContext.Current.TestOutputHelper?.WriteLine($"a fault in recognition after each of {plates.Length} vehicles: {plates.Length} vehicles in, {station.Sightings.Count} sightings out");
    }

    [Fact]
    public async Task A_disk_that_takes_no_sighting_of_one_camera_keeps_no_other_from_being_read()
    {
        using var disk = SmallDisk.Mount(_folder["spool"]);
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("gate", "upload"), ("beside", "upload")], new() { ["Edge:RecognitionThreads"] = "1" });
        disk.Fill();
        Offer(station, "gate", TestPictures.Street("LR33TEE"));
        await station.Until(() => station.Waits, "the sighting waits for room on the disk");

        Offer(station, "beside", TestPictures.Street());
        await station.Until(() => station.Beat("beside").FramesRead == 1, "the camera beside it is read");
        Assert.Empty(station.Sightings);

        disk.Empty();
        await station.Until(() => station.Sightings.Count == 1, "the sighting is kept");
    }

    private static Mat Broken() => new();

    private static void Offer(CameraStation station, string camera, Mat picture) => Assert.True(
        ((UploadSource)station.Sources.Of(new SmartCity.Contracts.Cities.Camera { Id = camera, Source = "upload" })).TryOffer(new Frame(camera, 0, station.Time.GetUtcNow(), picture)));
}

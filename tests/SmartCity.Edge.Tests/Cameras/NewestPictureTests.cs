using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>What a camera sees, in the object store, with what nobody may see blackened.</summary>
public sealed class NewestPictureTests(Recogniser recogniser) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_newest_picture_is_small_and_tells_when_it_was_captured()
    {
        using (var wide = new Mat(1080, 1920, MatType.CV_8UC3, new Scalar(90, 90, 90)))
        {
            Directory.CreateDirectory(_folder["yard"]);
            await File.WriteAllBytesAsync(_folder["yard/street.jpg"], wide.ImEncode(".jpg"), TestContext.Current.CancellationToken);
        }

        var taken = new DateTimeOffset(2026, 11, 20, 17, 30, 0, TimeSpan.Zero);
        File.SetLastWriteTimeUtc(_folder["yard/street.jpg"], taken.UtcDateTime);
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("yard", $"folder:{_folder["yard"]}")]);

        var jpeg = await PictureAsync("yard");
        using var picture = Cv2.ImDecode(jpeg, ImreadModes.Color);
        Assert.Equal((1280, 720), (picture.Width, picture.Height));
        Assert.Equal(taken, CameraPicture.CapturedAt(jpeg));
    }

    [Fact]
    public async Task A_mask_blackens_what_it_covers_before_anything_is_shown_or_read()
    {
        Directory.CreateDirectory(_folder["yard"]);
        await File.WriteAllBytesAsync(_folder["yard/car.jpg"], TestPictures.Jpeg("LR33TEE"), TestContext.Current.CancellationToken);
        await File.WriteAllBytesAsync(_folder["gate.jpg"], TestPictures.Jpeg("LR33TEE"), TestContext.Current.CancellationToken);

        // The plate lies in the lower half.
        await using var station = await CameraStation.StartAsync(
            recogniser, _folder, [("yard", $"folder:{_folder["yard"]}"), ("gate", $"folder:{_folder["gate.jpg"]}")], masks: new() { ["yard"] = [[[0, 0.4], [1, 0.4], [1, 1], [0, 1]]] });
        using var picture = Cv2.ImDecode(await PictureAsync("yard"), ImreadModes.Color);
        using var covered = picture.SubMat(160, TestPictures.Height, 0, TestPictures.Width);
        using var open = picture.SubMat(0, 130, 0, TestPictures.Width);
        Assert.InRange(Cv2.Mean(covered).Val0, 0, 2);
        Assert.InRange(Cv2.Mean(open).Val0, 100, 255);

        await station.UntilFinished("gate");
        await station.UntilFinished("yard");
        Assert.Equal(["gate"], station.Sightings.Select(s => s.CameraId));
    }

    private async Task<byte[]> PictureAsync(string camera)
    {
        var file = _folder["objects/" + CameraPicture.Key(CameraStation.Station, camera)];
        await Eventually.IsTrue(() => File.Exists(file), $"the picture of {camera} is there");
        return await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
    }
}

using System.ComponentModel;
using System.Diagnostics;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

public sealed class RtspTests(Recogniser recogniser) : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_stream_over_rtsp_gives_sightings_and_is_opened_again_when_the_camera_hangs_up()
    {
        await using var camera = new RtspCamera(await FilmAsync());
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", $"rtsp://viewer:geheim@127.0.0.1:{camera.Port}/street")]);
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "the camera hung up");
        var lost = station.Beat("street");
        Assert.True(station.Camera("street").Frames > 0, lost.Error);
        Assert.Contains($"rtsp://127.0.0.1:{camera.Port}/street", lost.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", lost.Error, StringComparison.Ordinal);

        await station.Until(() => camera.Plays > 1 && station.Sightings.Count > 0, "it is played again, and a vehicle was seen");

        Assert.Equal("LR33TEE", station.Sightings[0].Plate);
    }

    [Fact]
    public async Task A_camera_that_is_not_there_is_lost_with_what_the_network_said_and_without_the_password()
    {
        int port;
        await using (var gone = new RtspCamera([]))
        {
            port = gone.Port;
        }

        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", $"rtsp://viewer:geheim@127.0.0.1:{port}/street")]);
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "the camera is lost");

        var error = station.Beat("street").Error;
        Assert.Contains($"127.0.0.1:{port}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
        Assert.True(error!.Contains("refused", StringComparison.OrdinalIgnoreCase) || error.Contains("apt-get install ffmpeg", StringComparison.Ordinal), error);
    }

    private async Task<byte[]> FilmAsync()
    {
        TestPictures.Video(_folder["film.avi"], Enumerable.Range(0, 16).Select(i => TestPictures.Street("LR33TEE", x: 80 + 8 * i)));
        try
        {
            using var ffmpeg = Process.Start("ffmpeg", ["-nostdin", "-loglevel", "error", "-i", _folder["film.avi"], "-c:v", "mpeg4", "-q:v", "2", "-f", "mpegts", _folder["film.ts"]]);
            await ffmpeg.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
        catch (Win32Exception)
        {
            Assert.Skip("ffmpeg is not installed.");
        }

        return await File.ReadAllBytesAsync(_folder["film.ts"], TestContext.Current.CancellationToken);
    }
}

using System.ComponentModel;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using OpenCvSharp;
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

        await station.Until(() => station.Camera("street").State != CameraState.Lost, "it is opened again");
        await Eventually.IsTrue(() => camera.Plays > 1, "it is played again"); // in a program, at the pace of the machine
        await station.Until(() => station.Sightings.Count > 0, "a vehicle was seen");

        Assert.Equal("LR33TEE", station.Sightings[0].Plate);
    }

    [Fact]
    public async Task Masks_are_black_in_what_is_kept_of_decoded_video()
    {
        await using var camera = new RtspCamera(await FilmAsync());
        await using var station = await CameraStation.StartAsync(
            recogniser, _folder, [("street", $"rtsp://127.0.0.1:{camera.Port}/street")], masks: new() { ["street"] = [[[0, 0], [1, 0], [1, 0.25], [0, 0.25]]] });
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "it was played once");
        await station.Until(() => station.Sightings.Count > 0, "a vehicle was seen");

        var sighting = station.Sightings[0];
        using var evidence = await EvidenceAsync(sighting.Id);
        Assert.Equal("LR33TEE", sighting.Plate);
        Assert.InRange(Cv2.Mean(evidence[new Rect(0, 0, 640, 80)]).Val0, 0, 3);
        Assert.InRange(Cv2.Mean(evidence[new Rect(0, 100, 640, 100)]).Val0, 60, 160);
    }

    [Fact]
    public async Task A_camera_that_gives_fewer_frames_than_are_taken_has_each_of_them_once()
    {
        await using var camera = new RtspCamera(await FilmAsync());
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", $"rtsp://127.0.0.1:{camera.Port}/street")], new() { ["Edge:Video:FramesPerSecond"] = "120" });
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "it was played once");

        Assert.InRange(station.Camera("street").Frames, 14, 16);
    }

    [Fact]
    public async Task Of_a_camera_that_gives_many_frames_some_are_taken_and_large_ones_are_made_smaller()
    {
        await using var camera = new RtspCamera(await FilmAsync());
        await using var station = await CameraStation.StartAsync(
            recogniser, _folder, [("street", $"rtsp://127.0.0.1:{camera.Port}/street")], new() { ["Edge:Video:FramesPerSecond"] = "4", ["Edge:Video:LongestSide"] = "480" });
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "it was played once");
        Assert.InRange(station.Camera("street").Frames, 4, 9);
        await station.Until(() => station.Sightings.Count > 0, "a vehicle was seen");

        using var evidence = await EvidenceAsync(station.Sightings[0].Id);
        Assert.Equal(new Size(480, 270), evidence.Size());
    }

    [Fact]
    public async Task A_camera_that_is_not_there_is_lost_with_what_the_network_said_and_without_the_password()
    {
        // A port that nobody listens on, and that nobody else gets meanwhile.
        using var held = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        held.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        var port = ((IPEndPoint)held.LocalEndPoint!).Port;

        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", $"rtsp://viewer:geheim@127.0.0.1:{port}/street")]);
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "the camera is lost");

        var error = station.Beat("street").Error;
        Assert.Contains($"127.0.0.1:{port}", error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", error, StringComparison.Ordinal);
        Assert.True(error!.Contains("refused", StringComparison.OrdinalIgnoreCase) || error.Contains("apt-get install ffmpeg", StringComparison.Ordinal), error);
    }

    // It has its name once the record of its sighting is on the disk.
    private async Task<Mat> EvidenceAsync(Guid sighting)
    {
        string? file = null;
        await Eventually.IsTrue(() => (file = Directory.EnumerateFiles(_folder[""], $"{sighting}.jpg", SearchOption.AllDirectories).SingleOrDefault()) is not null, "the picture is kept");
        return Cv2.ImRead(file!, ImreadModes.Color);
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

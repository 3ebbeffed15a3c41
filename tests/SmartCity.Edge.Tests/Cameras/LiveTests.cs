using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>A network camera that sends motion JPEG over HTTP, and hangs up.</summary>
public sealed class LiveTests(Recogniser recogniser) : IAsyncLifetime
{
    private const int FramesACall = 6;

    private readonly TemporaryFolder _folder = new();
    private readonly WebApplication _camera = Camera();
    private int _calls;

    public async ValueTask InitializeAsync()
    {
        _camera.MapGet("/live.mjpg", SendAsync);
        _camera.MapGet("/page", () => "no picture");
        await _camera.StartAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _camera.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_stream_that_breaks_is_lost_and_opened_again_and_its_password_is_told_to_nobody()
    {
        var address = _camera.Urls.Single().Replace("http://", "http://viewer:geheim@", StringComparison.Ordinal) + "/live.mjpg";
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", address)]);
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "the stream is lost after its first call");
        var lost = station.Beat("street");
        Assert.Equal(FramesACall, lost.FramesPerSecond);
        Assert.Contains("/live.mjpg broke off", lost.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("geheim", lost.Error, StringComparison.Ordinal);
        Assert.Equal(1, _calls);

        await station.Until(() => station.Camera("street").Frames > FramesACall, "frames come again");
        await station.Until(() => station.Sightings.Count > 0, "a vehicle was seen");

        Assert.Equal("LR33TEE", station.Sightings[0].Plate);
        Assert.Equal(TimeSpan.Zero, station.Sightings[0].CapturedAt.Offset);
        Assert.False(station.Camera("street").IsFinished);
    }

    [Fact]
    public async Task A_camera_that_was_lost_often_is_asked_again_as_soon_as_at_the_first_time()
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", _camera.Urls.Single().Replace("http://", "http://viewer:geheim@", StringComparison.Ordinal) + "/live.mjpg")]);
        for (var drops = 1; drops <= 7; drops++)
        {
            await Eventually.IsTrue(() => _calls == drops && station.Camera("street").State == CameraState.Lost, $"the stream is lost for the {drops}. time");
            var lost = station.Time.GetUtcNow();
            await station.Until(() => _calls > drops || station.Camera("street").State != CameraState.Lost, "it is asked again");
            Assert.InRange(station.Time.GetUtcNow() - lost, TimeSpan.Zero, TimeSpan.FromSeconds(12)); // the sixth pause in a row is longer
        }
    }

    [Fact]
    public async Task A_camera_that_sends_no_pictures_is_lost_saying_why()
    {
        (string Id, string Path, string Reason)[] cameras = [("away", "/away.mjpg", "404"), ("page", "/page", "text/plain"), ("locked", "/live.mjpg", "401")];
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [.. cameras.Select(c => (c.Id, _camera.Urls.Single() + c.Path))]);
        foreach (var (id, path, reason) in cameras)
        {
            await Eventually.IsTrue(() => station.Camera(id).State == CameraState.Lost, $"camera {id} is lost");
            Assert.Contains(path, station.Beat(id).Error, StringComparison.Ordinal);
            Assert.Contains(reason, station.Beat(id).Error, StringComparison.Ordinal);
            Assert.Equal(0, station.Camera(id).Frames);
        }
    }

    [Fact]
    public async Task While_a_camera_that_was_lost_is_asked_again_its_station_says_why_it_was_lost()
    {
        var asked = 0;
        var answers = new TaskCompletionSource();
        _camera.MapGet("/slow.mjpg", async (HttpContext context) =>
        {
            if (Interlocked.Increment(ref asked) > 1)
            {
                await answers.Task.WaitAsync(context.RequestAborted);
            }

            context.Response.StatusCode = StatusCodes.Status503ServiceUnavailable;
        });
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", _camera.Urls.Single() + "/slow.mjpg")]);
        await station.Until(() => asked > 1, "the camera is asked again");

        Assert.Equal(CameraState.Connecting, station.Camera("street").State);
        Assert.Contains("503", station.Beat("street").Error, StringComparison.Ordinal);
        answers.SetResult();
    }

    [Fact]
    public async Task Frames_that_cannot_be_decoded_are_counted_and_the_reason_of_the_last_is_told()
    {
        _camera.MapGet("/damaged.mjpg", async (HttpContext context) =>
        {
            context.Response.ContentType = "multipart/x-mixed-replace; boundary=frame";
            var jpeg = TestPictures.Jpeg("LR33TEE");
            foreach (var picture in (byte[][])[jpeg, jpeg[..^4000], jpeg, "no picture"u8.ToArray(), jpeg])
            {
                await context.Response.Body.WriteAsync((byte[])[.. "--frame\r\nContent-Type: image/jpeg\r\n\r\n"u8, .. picture, .. "\r\n"u8], context.RequestAborted);
            }
        });
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [("street", _camera.Urls.Single() + "/damaged.mjpg")]);
        await Eventually.IsTrue(() => station.Camera("street").State == CameraState.Lost, "the stream is lost");

        Assert.Equal((3, 2, "This is neither a JPEG nor a PNG."), (station.Camera("street").Frames, station.Beat("street").FramesBad, station.Beat("street").BadFrame));
    }

    private static WebApplication Camera()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    private async Task SendAsync(HttpContext context)
    {
        if (context.Request.Headers.Authorization != "Basic " + Convert.ToBase64String("viewer:geheim"u8))
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            context.Response.Headers.WWWAuthenticate = "Basic realm=\"camera\"";
            return;
        }

        Interlocked.Increment(ref _calls);
        context.Response.ContentType = "multipart/x-mixed-replace; boundary=frame";
        var jpeg = TestPictures.Jpeg("LR33TEE");
        for (var i = 0; i < FramesACall; i++)
        {
            await context.Response.Body.WriteAsync(Encoding.ASCII.GetBytes($"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: {jpeg.Length}\r\n\r\n"), context.RequestAborted);
            await context.Response.Body.WriteAsync(jpeg, context.RequestAborted);
            await context.Response.Body.WriteAsync("\r\n"u8.ToArray(), context.RequestAborted);
        }
    }
}

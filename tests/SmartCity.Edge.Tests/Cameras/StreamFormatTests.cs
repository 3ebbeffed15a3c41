using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using OpenCvSharp;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>The ways in which network cameras send pictures over HTTP. The camera says no more after what it has sent, and does not hang up.</summary>
public sealed class StreamFormatTests : IAsyncLifetime
{
    private const string Replace = "multipart/x-mixed-replace";
    private static readonly byte[] First = TestPictures.Jpeg();
    private static readonly byte[] Second = Wide();

    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 23, 8, 0, 0, TimeSpan.Zero));
    private readonly WebApplication _camera = Camera();
    private readonly TaskCompletionSource _over = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, byte[]> Streams => new()
    {
        { "as the standard has it", $"{Replace}; boundary=frame", [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "a quoted boundary", $"{Replace}; boundary=\"frame\"", [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "the header's boundary has the dashes", $"{Replace};boundary=--frame", [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "a quoted boundary with the dashes", $"{Replace};boundary=\"--frame\"", [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "dashes are put before those of the header", $"{Replace};boundary=--frame", [.. Part("----frame", First), .. Part("----frame", Second)] },
        { "no dashes in the stream", $"{Replace};boundary=frame", [.. Part("frame", First), .. Part("frame", Second)] },
        { "another case", $"{Replace}; Boundary=frame", [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "everything in capitals", "MULTIPART/X-MIXED-REPLACE; BOUNDARY=frame", [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "a header that is not valid", $"{Replace}; boundary=my frame; ;", [.. Part("--my frame", First), .. Part("--my frame", Second)] },
        { "no boundary in the header", Replace, [.. Part("--frame", First), .. Part("--frame", Second)] },
        { "another boundary than in the header", $"{Replace}; boundary=frame", [.. Part("--ipcamera", First), .. Part("--ipcamera", Second)] },
        { "no first boundary", $"{Replace}; boundary=frame", [.. Part("--frame", First)[9..], .. Part("--frame", Second)] },
        { "a blank line before the first boundary", $"{Replace}; boundary=frame", [.. "\r\n"u8, .. Part("--frame", First), .. Part("--frame", Second)] },
        { "a preamble", $"{Replace}; boundary=frame", [.. "This is a camera.\r\n"u8, .. Part("--frame", First), .. Part("--frame", Second)] },
        { "lines that end in LF", $"{Replace}; boundary=frame", [.. Part("--frame", First, end: "\n"), .. Part("--frame", Second, end: "\n")] },
        { "lines that end in LF, no first boundary", $"{Replace}; boundary=frame", [.. Part("--frame", First, end: "\n")[8..], .. Part("--frame", Second, end: "\n")] },
        { "no Content-Length", $"{Replace}; boundary=frame", [.. Part("--frame", First, length: null), .. Part("--frame", Second, length: null)] },
        { "no headers in a part", $"{Replace}; boundary=frame", [.. "--frame\r\n\r\n"u8, .. First, .. "\r\n--frame\r\n\r\n"u8, .. Second, .. "\r\n"u8] },
        { "no boundaries at all", Replace, [.. Part("", First)[2..], .. Part("", Second)[2..]] },
        { "pictures alone", "video/x-motion-jpeg", [.. First, .. Second] },
        { "a Content-Length that is too small", $"{Replace}; boundary=frame", [.. Part("--frame", First, length: 1_000), .. Part("--frame", Second, length: 1_000)] },
        { "a Content-Length that is too large", $"{Replace}; boundary=frame", [.. Part("--frame", First, length: 1_000_000), .. Part("--frame", Second, length: 1_000_000)] },
        { "a Content-Length that counts the line behind", $"{Replace}; boundary=frame", [.. Part("--frame", First, length: First.Length + 2), .. Part("--frame", Second, length: Second.Length + 2)] },
        { "a Content-Length that is no number", $"{Replace}; boundary=frame", [.. Encoding.ASCII.GetBytes("--frame\r\nContent-Length: many\r\n\r\n"), .. First, .. "\r\n"u8, .. Part("--frame", Second)] },
        { "no end mark", $"{Replace}; boundary=frame", [.. Part("--frame", First[..^2]), .. Part("--frame", Second[..^2]), .. "--frame\r\n"u8] },
        { "no end mark and no Content-Length", $"{Replace}; boundary=frame", [.. Part("--frame", First[..^2], length: null), .. Part("--frame", Second[..^2], length: null), .. "--frame\r\n"u8] },
        { "bytes behind the end mark", $"{Replace}; boundary=frame", [.. Part("--frame", [.. First, .. new byte[300]]), .. Part("--frame", [.. Second, .. "time: 08:00\r\n\r\n"u8])] },
        { "bytes before the start", $"{Replace}; boundary=frame", [.. Part("--frame", [0, 1, 2, 3, .. First]), .. Part("--frame", [0x0A, 0x00, .. Second])] },
        { "a text between the pictures", $"{Replace}; boundary=frame", [.. Part("--frame", First), .. "--frame\r\n\r\n"u8, .. Part("--frame", Second)] },
    };

    public async ValueTask InitializeAsync()
    {
        _camera.MapGet("/", () => "a camera"); // routes that are added later need one that is there at the start
        await _camera.StartAsync(Token);
    }

    public async ValueTask DisposeAsync()
    {
        _over.TrySetResult();
        await _camera.DisposeAsync();
    }

    [Theory]
    [MemberData(nameof(Streams), DisableDiscoveryEnumeration = true)]
    public async Task Each_picture_is_given_when_it_is_whole(string what, string type, byte[] stream)
    {
        _camera.MapGet("/live", async (HttpContext context) =>
        {
            context.Response.ContentType = type;
            await context.Response.Body.WriteAsync(stream, context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await _over.Task.WaitAsync(context.RequestAborted);
        });

        Assert.True(await WidthsAsync("/live", 2) is [TestPictures.Width, 2 * TestPictures.Width], what);
    }

    [Fact]
    public async Task A_frame_that_is_cut_off_is_left_out_and_the_next_one_is_read()
    {
        _camera.MapGet("/live", async (HttpContext context) =>
        {
            context.Response.ContentType = $"{Replace}; boundary=frame";
            await context.Response.Body.WriteAsync((byte[])[.. Part("--frame", First[..2000], length: First.Length), .. Part("--frame", Second)], context.RequestAborted);
            await context.Response.Body.FlushAsync(context.RequestAborted);
            await _over.Task.WaitAsync(context.RequestAborted);
        });

        Assert.Equal([2 * TestPictures.Width], await WidthsAsync("/live", 1));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("#every=00:00:05", 5)]
    [InlineData("#every=0.5", 0.5)]
    public async Task A_camera_that_sends_single_pictures_is_asked_again_after_the_time_that_its_address_says(string setting, double seconds)
    {
        var asked = new List<DateTimeOffset>();
        _camera.MapGet("/snapshot.jpg", () =>
        {
            asked.Add(_time.GetUtcNow());
            return Results.Bytes(asked.Count == 2 ? First[..500] : First, "image/jpeg");
        });

        var frames = new List<DateTimeOffset>();
        var reading = ReadAsync("/snapshot.jpg" + setting, 3, frame => frames.Add(frame.CapturedAt));
        await Eventually.IsTrue(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(seconds / 50));
                return reading.IsCompleted;
            },
            "three pictures have come");
        await reading;

        Assert.Equal(4, asked.Count); // the second is damaged

        // Time goes on while a question is on its way: one that took long has the next one sooner after it.
        Assert.All(asked.Zip(asked.Skip(1)), pair => Assert.InRange((pair.Second - pair.First).TotalSeconds, 0, seconds * 60));
        Assert.InRange((asked[^1] - asked[0]).TotalSeconds, seconds, double.MaxValue);
    }

    [Fact]
    public void An_interval_that_is_none_is_refused_naming_it()
    {
        var error = Assert.Throws<InvalidDataException>(() => Source("/snapshot.jpg#every=never"));

        Assert.Contains("every is 'never'", error.Message, StringComparison.Ordinal);
        Assert.Contains("street", error.Message, StringComparison.Ordinal);
        Assert.Contains("0.1 seconds to an hour", error.Message, StringComparison.Ordinal);
    }

    private static byte[] Part(string boundary, byte[] picture, string end = "\r\n", long? length = 0) =>
    [
        .. Encoding.ASCII.GetBytes($"{boundary}{end}Content-Type: image/jpeg{end}{(length is null ? "" : $"Content-Length: {(length == 0 ? picture.Length : length)}{end}")}{end}"),
        .. picture,
        .. Encoding.ASCII.GetBytes(end),
    ];

    private static byte[] Wide()
    {
        using var street = TestPictures.Street("LR33TEE");
        using var wide = new Mat();
        Cv2.Resize(street, wide, new Size(2 * TestPictures.Width, TestPictures.Height));
        return wide.ImEncode(".jpg");
    }

    private static WebApplication Camera()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Logging.ClearProviders();
        return builder.Build();
    }

    private ICameraSource Source(string path) => new CameraSources(Options.Create(new EdgeOptions()), PlanarVideoTests.Decoder(), _time, NullLogger<CameraSources>.Instance)
        .Of(new SmartCity.Contracts.Cities.Camera { Id = "street", Source = _camera.Urls.Single() + path });

    private async Task<List<int>> WidthsAsync(string path, int frames)
    {
        var widths = new List<int>();
        await ReadAsync(path, frames, frame => widths.Add(frame.Image.Width)).WaitAsync(TimeSpan.FromSeconds(20), Token);
        return widths;
    }

    private async Task ReadAsync(string path, int frames, Action<Frame> take)
    {
        await foreach (var frame in Source(path).ReadAsync(Token))
        {
            using (frame)
            {
                take(frame);
            }

            if (--frames == 0)
            {
                return;
            }
        }
    }
}

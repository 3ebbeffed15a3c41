using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Cameras;

public sealed class UploadTests(Recogniser recogniser) : IDisposable
{
    private const string Camera = "gate-1";
    private static readonly (string, string)[] Cameras = [(Camera, "upload"), ("gate-2", "folder:/nowhere")];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(null)]
    [InlineData("a-wrong-key-of-some-length")]
    public async Task Without_the_right_key_nothing_is_taken(string? key)
    {
        await using var station = await StartAsync();

        await IsRefused(await PostAsync(station, TestPictures.Jpeg(), key: key), HttpStatusCode.Unauthorized, "X-Api-Key");
        await IsFirstTaken(station);
    }

    [Fact]
    public async Task Without_a_key_in_the_configuration_uploads_are_off()
    {
        await using var station = await StartAsync(("Edge:UploadKey", null));

        await IsRefused(await PostAsync(station, TestPictures.Jpeg(), key: ""), HttpStatusCode.Forbidden, "Edge:UploadKey");
    }

    [Theory]
    [InlineData("gate-2")]
    [InlineData("gate-3")]
    public async Task Only_a_camera_that_uploads_has_an_address(string camera)
    {
        await using var station = await StartAsync();

        await IsRefused(await PostAsync(station, TestPictures.Jpeg(), camera: camera), HttpStatusCode.NotFound, camera);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task More_bytes_than_allowed_are_refused_said_beforehand_or_not(bool chunked)
    {
        await using var station = await StartAsync(("Edge:UploadBytes", "5000"));

        await IsRefused(await PostAsync(station, TestPictures.Jpeg("LR33TEE"), chunked: chunked), HttpStatusCode.RequestEntityTooLarge, "5000");
        await IsFirstTaken(station);
    }

    [Fact]
    public async Task What_is_no_picture_is_refused_with_the_reason_and_the_next_picture_is_taken()
    {
        await using var station = await StartAsync();

        await IsRefused(await PostAsync(station, "no picture"u8.ToArray()), HttpStatusCode.UnprocessableEntity, "neither a JPEG nor a PNG");
        await IsRefused(await PostAsync(station, TestPictures.Jpeg("LR33TEE")[..^3000]), HttpStatusCode.UnprocessableEntity, "cut off");
        await IsRefused(await PostAsync(station, TestPictures.PngBomb()), HttpStatusCode.UnprocessableEntity, "30000 × 30000");
        Assert.Equal(3, station.Beat(Camera).FramesBad);
        Assert.Contains("30000 × 30000", station.Beat(Camera).BadFrame, StringComparison.Ordinal);
        await IsFirstTaken(station);
    }

    [Fact]
    public async Task A_time_that_is_none_is_refused()
    {
        await using var station = await StartAsync();

        await IsRefused(await PostAsync(station, TestPictures.Jpeg(), at: "yesterday"), HttpStatusCode.BadRequest, "X-Captured-At");
    }

    [Fact]
    public async Task A_camera_that_sends_faster_than_its_pictures_are_taken_is_told_so()
    {
        await using var station = await StartAsync();
        var answers = new List<HttpStatusCode>();
        for (var i = 0; i < 20; i++)
        {
            answers.Add((await PostAsync(station, TestPictures.Png(32, 32))).StatusCode);
        }

        Assert.Equal(HttpStatusCode.Accepted, answers[0]);
        Assert.Equal(HttpStatusCode.TooManyRequests, answers[^1]);
        Assert.Equal(answers.Order(), answers);
    }

    [Fact]
    public async Task Pictures_of_all_cameras_together_take_no_more_room_than_there_is_and_who_has_to_wait_is_told_so()
    {
        await using var station = await StartAsync(("Edge:DecodedPixels", "10000"));
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, TestPictures.Png(80, 80))).StatusCode);
        using (var refused = await PostAsync(station, TestPictures.Png(80, 80)))
        {
            Assert.Equal((HttpStatusCode.TooManyRequests, TimeSpan.FromSeconds(1)), (refused.StatusCode, refused.Headers.RetryAfter?.Delta));
            Assert.Contains("10000 pixels together", await refused.Content.ReadAsStringAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }

        Assert.Equal(80, await TakeAsync(station));
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, TestPictures.Png(200, 200))).StatusCode); // alone it is taken, however large
        Assert.Equal(HttpStatusCode.TooManyRequests, (await PostAsync(station, TestPictures.Png(20, 20))).StatusCode);
        Assert.Equal(200, await TakeAsync(station));
        await IsFirstTaken(station);
    }

    [Fact]
    public async Task A_picture_with_a_plate_becomes_a_sighting_of_its_own_time()
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [(Camera, "upload")]);

        var answer = await PostAsync(station, TestPictures.Jpeg("LR33TEE"), at: "2026-11-23T08:59:30.120+01:00");
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        await station.Until(() => station.Sightings.Count > 0, "the picture is a sighting");

        var sighting = Assert.Single(station.Sightings);
        Assert.Equal("LR33TEE", sighting.Plate);
        Assert.Equal(new DateTimeOffset(2026, 11, 23, 7, 59, 30, 120, TimeSpan.Zero), sighting.CapturedAt);
        Assert.Equal((CameraStation.Station, Camera, 2, "inbound"), (sighting.StationId, sighting.CameraId, sighting.Lane, sighting.Direction));
        Assert.Equal(CameraState.Streaming, station.Camera(Camera).State);
    }

    [Fact]
    public async Task Each_uploaded_picture_stands_alone()
    {
        string[] plates = ["LR33TEE", "KX70HJM", "AB12CDE", "LR64TEE"];
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [(Camera, "upload")]);
        foreach (var (plate, i) in plates.Select((p, i) => (p, i)))
        {
            Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, TestPictures.Jpeg(plate), at: $"2026-11-23T08:00:{3 * i:00}Z")).StatusCode);
            await Eventually.IsTrue(() => station.Sightings.Count == i + 1, $"{plate} is a sighting");
        }

        Assert.Equal(plates, station.Sightings.Select(s => s.Plate));
    }

    [Fact]
    public async Task A_camera_that_streams_its_uploads_gives_one_sighting_of_a_vehicle()
    {
        await using var station = await CameraStation.StartAsync(recogniser, _folder, [(Camera, "upload:stream")]);
        for (var i = 0; i < 4; i++)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, TestPictures.Jpeg(i < 3 ? "LR33TEE" : null), at: $"2026-11-23T08:00:00.{i}Z")).StatusCode);
            await Eventually.IsTrue(() => station.Camera(Camera).Frames == i + 1, "the picture was taken");
        }

        await station.Until(() => station.Sightings.Count > 0, "the vehicle is a sighting");
        Assert.Equal("LR33TEE", Assert.Single(station.Sightings).Plate);
    }

    private static async Task<HttpResponseMessage> PostAsync(
        CameraStation station, byte[] content, string? key = CameraStation.UploadKey, string camera = Camera, string? at = null, bool chunked = false)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, $"/cameras/{camera}/frames") { Content = new ByteArrayContent(content) };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        request.Headers.TransferEncodingChunked = chunked;
        if (key is not null)
        {
            request.Headers.Add("X-Api-Key", key);
        }

        if (at is not null)
        {
            request.Headers.Add("X-Captured-At", at);
        }

        return await station.Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task IsRefused(HttpResponseMessage answer, HttpStatusCode status, string naming)
    {
        using (answer)
        {
            var problem = await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
            Assert.Equal((status, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType?.MediaType));
            Assert.Contains(naming, JsonDocument.Parse(problem).RootElement.GetProperty("detail").GetString(), StringComparison.Ordinal);
        }
    }

    // What was refused before is not in the queue when the first that comes out is this one.
    private static async Task IsFirstTaken(CameraStation station)
    {
        Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(station, TestPictures.Png(50, 40))).StatusCode);
        Assert.Equal(50, await TakeAsync(station));
    }

    private static async Task<int> TakeAsync(CameraStation station)
    {
        var source = station.Sources.Of(new SmartCity.Contracts.Cities.Camera { Id = Camera, Source = "upload" });
        await foreach (var frame in source.ReadAsync(TestContext.Current.CancellationToken))
        {
            using (frame)
            {
                return frame.Image.Width;
            }
        }

        throw new InvalidOperationException("The source has ended.");
    }

    private Task<CameraStation> StartAsync(params (string Key, string? Value)[] settings) =>
        CameraStation.StartAsync(null, _folder, Cameras, settings.ToDictionary(s => s.Key, s => s.Value));
}

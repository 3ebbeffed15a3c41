using System.Net;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tests.Faces;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Tests.Cameras;

/// <summary>The frames just before and after a sighting: as many as are wanted, small, with nobody's face in them, and on their way to the core.</summary>
public sealed class FrameStripTests(Portraits portraits, Recogniser recogniser) : IClassFixture<Portraits>, IDisposable
{
    private const int Rate = 25;
    private const string Plate = "LR33TEE";
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(5)]
    [InlineData(2)]
    public void A_vehicle_that_passes_has_frames_before_and_after_it_in_order_of_time(int each)
    {
        var (sighting, strips) = Pass(new EvidenceOptions { FramesAround = each, BlurFaces = false });

        var strip = Assert.Single(strips);
        Assert.Equal($"evidence/gate/2026/11/23/08/{sighting.Id}.strip.jpg", strip.Strip.Key);
        Assert.Equal(sighting.CapturedAt, strip.Strip.CapturedAt);
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(strip.Jpeg)), strip.Strip.Sha256);
        Assert.Equal(strip.Strip.Milliseconds.Order(), strip.Strip.Milliseconds);
        Assert.InRange(strip.Strip.Milliseconds.Count(m => m < 0), 1, each);
        Assert.Equal(each, strip.Strip.Milliseconds.Count(m => m > 0));
        using var picture = Cv2.ImDecode(strip.Jpeg, ImreadModes.Color);
        Assert.Equal((320, 180), (strip.Strip.Width, strip.Strip.Height));
        Assert.Equal((5 * 320, (strip.Strip.Milliseconds.Count + 4) / 5 * 180), (picture.Width, picture.Height));
    }

    [Fact]
    public void Nothing_is_kept_where_no_frames_are_wanted_which_is_how_it_comes()
    {
        Assert.Empty(Pass(new EvidenceOptions()).Strips);
    }

    [Fact]
    public void Frames_are_kept_for_as_long_as_they_may_be_needed_and_no_longer()
    {
        using var strips = new FrameStrips(new EvidenceOptions { FramesAround = 5 }, null);
        for (var i = 0; i < 400; i++)
        {
            using var frame = At(i, 200, TestPictures.Street());
            strips.See(frame, moves: true);
            if (i == 100)
            {
                strips.Expect(Sighting(Start.AddSeconds(i * 0.2)), frame.Moment);
            }
        }

        Assert.Equal([-1000, -800, -600, -400, -200, 200, 400, 600, 800, 1000], Assert.Single(strips.Made()).Strip.Milliseconds);

        // One of a while ago has nothing left before it, and one of long ago nothing that is near, as after a stream that was lost.
        strips.Expect(Sighting(Start.AddSeconds(70)), TimeSpan.FromSeconds(80));
        strips.Expect(Sighting(Start), TimeSpan.FromSeconds(80));
        strips.End();
        Assert.All(Assert.Single(strips.Made()).Strip.Milliseconds, m => Assert.InRange(m, 1, 20_000));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_face_is_blurred_in_every_frame_as_it_is_in_the_evidence(bool blurs)
    {
        Portraits.Needed();
        var options = new EvidenceOptions { FramesAround = 1, BlurFaces = blurs };
        using var bystanders = new BystanderBlur(Options.Create(options), Options.Create(new RecognitionOptions()), new WorkerHealth(TimeProvider.System), TimeProvider.System, NullLogger<BystanderBlur>.Instance);
        using var strips = new FrameStrips(options, bystanders);
        foreach (var (file, i) in ((string[])["p03-1.jpg", "p03-1.jpg", "p03-1.jpg"]).Select((f, i) => (f, i)))
        {
            using var portrait = Portraits.Picture(file);
            var wide = new Mat(portrait.Height, Math.Max(portrait.Width, portrait.Height * 16 / 9), MatType.CV_8UC3, Scalar.All(110));
            using (var place = wide.SubMat(0, portrait.Height, 0, portrait.Width))
            {
                portrait.CopyTo(place);
            }

            using var frame = At(i, 200, wide);
            strips.See(frame, moves: true);
            if (i == 1)
            {
                strips.Expect(Sighting(Start.AddSeconds(0.2)), frame.Moment);
            }
        }

        strips.End();
        using var picture = Cv2.ImDecode(Assert.Single(strips.Made()).Jpeg, ImreadModes.Color);
        Assert.Equal(blurs ? 0 : 2, portraits.Find(picture).Count);
    }

    [Fact]
    public async Task The_core_is_told_first_and_then_the_picture_is_put()
    {
        var core = new Core(HttpStatusCode.NoContent);
        await using var edge = await DeliverAsync(core, [Strip(1), Strip(2)]);

        await Eventually.IsTrue(() => edge.Spool.Strips.Waiting == 0, "the strips are delivered");

        Assert.Equal(2, core.Told.Count);
        foreach (var (key, address) in core.Told)
        {
            Assert.Equal("http://core/api/edge/strips?station=gate", address);
            Assert.True(File.Exists(Path.Combine(_folder["objects"], key)), key);
        }
    }

    [Theory]
    [InlineData(HttpStatusCode.Gone)]
    [InlineData(HttpStatusCode.Conflict)]
    [InlineData(HttpStatusCode.BadRequest)]
    public async Task What_the_core_does_not_want_is_put_nowhere_and_goes(HttpStatusCode answer)
    {
        await using var edge = await DeliverAsync(new Core(answer), [Strip(1)]);

        await Eventually.IsTrue(() => edge.Spool.Strips.Waiting == 0, "the strip is gone");

        Assert.False(Directory.Exists(Path.Combine(_folder["objects"], "evidence")));
        Assert.Empty(Directory.EnumerateFiles(_folder["spool"], "*.strip", SearchOption.AllDirectories));
    }

    [Fact]
    public async Task They_wait_on_the_disk_while_the_core_is_away_and_over_a_restart()
    {
        await using (var away = await DeliverAsync(new Core(HttpStatusCode.ServiceUnavailable), [Strip(1)]))
        {
            await Eventually.IsTrue(() => away.Health.Reports.Any(w => w.Name.StartsWith("strips", StringComparison.Ordinal) && w.Detail?.Contains("wait", StringComparison.Ordinal) == true), "the worker says that they wait");
        }

        await using var back = await DeliverAsync(new Core(HttpStatusCode.NoContent), []);
        await Eventually.IsTrue(() => back.Spool.Strips.Waiting == 0 && Directory.EnumerateFiles(_folder["objects"], "*.strip.jpg", SearchOption.AllDirectories).Count() == 1, "the strip is delivered");
    }

    [Fact]
    public async Task A_strip_that_was_not_written_to_its_end_is_deleted_and_never_sent()
    {
        var strips = new SpooledStrips("gate", _folder["strips"], new EdgeOptions(), () => long.MaxValue, NullLogger.Instance);
        Assert.True(await strips.TryKeepAsync(Strip(1), Token));
        var file = Assert.Single(strips.Next(8));
        await File.WriteAllBytesAsync(file, (await File.ReadAllBytesAsync(file, Token))[..^1], Token);

        Assert.Null(await strips.ReadAsync(file, Token));
        Assert.Equal(0, strips.Waiting);
        Assert.Empty(Directory.EnumerateFiles(_folder["strips"]));
    }

    [Fact]
    public async Task They_are_the_first_to_go_when_the_disk_is_full()
    {
        var free = 1_000L;
        var strips = new SpooledStrips("gate", _folder["strips"], new EdgeOptions { ShedPicturesBelowBytes = 500 }, () => free, NullLogger.Instance);
        Assert.True(await strips.TryKeepAsync(Strip(1), Token));
        Assert.True(await strips.TryKeepAsync(Strip(2), Token));
        free = 400;
        Assert.False(await strips.TryKeepAsync(Strip(3), Token));
        Assert.Equal(2, strips.Waiting);

        Assert.True(strips.ShedOldest());

        Assert.Equal(0, strips.Waiting);
        Assert.False(strips.ShedOldest());
        Assert.Empty(Directory.EnumerateFiles(_folder["strips"]));
    }

    private static ObservedStrip Strip(int minute)
    {
        var at = Start.AddMinutes(minute);
        byte[] jpeg = [1, 2, (byte)minute];
        return new("gate", new EdgeStrip(EdgeStrip.KeyOf("gate", at, Guid.CreateVersion7(at)), at, Convert.ToHexStringLower(SHA256.HashData(jpeg)), 320, 180, [-200, 200]), jpeg);
    }

    private static Sighting Sighting(DateTimeOffset at) => new() { Id = Guid.CreateVersion7(at), CapturedAt = at, StationId = "gate", CameraId = "gate-1" };

    private static Frame At(int number, int milliseconds, Mat picture) => new("gate-1", number, Start.AddMilliseconds(number * milliseconds), picture) { Moment = TimeSpan.FromMilliseconds(number * milliseconds) };

    // Three seconds of a vehicle that comes, stands and is gone again.
    private (Sighting Sighting, List<ObservedStrip> Strips) Pass(EvidenceOptions options)
    {
        var camera = new Camera { Id = "gate-1", Source = "rtsp://camera/1" };
        var station = new Station { Id = "gate", Name = "Gate", Latitude = 51.5, Longitude = -0.1, Cameras = [camera] };
        using var pipeline = new CameraPipeline(station, camera, recogniser.Models, new CameraStatistics("gate", "gate-1"), strips: new FrameStrips(options, null));
        var (vehicles, strips) = (new List<ObservedVehicle>(), new List<ObservedStrip>());
        for (var i = 0; i < 5 * Rate; i++)
        {
            var x = Math.Min(60 + ((i - Rate) * 6), 300);
            using var frame = At(i, 1000 / Rate, i is > Rate and < 4 * Rate ? TestPictures.Street(Plate, x) : TestPictures.Street());
            vehicles.AddRange(pipeline.Take(frame));
            strips.AddRange(pipeline.Strips());
        }

        vehicles.AddRange(pipeline.End());
        strips.AddRange(pipeline.Strips());
        return (vehicles.First(v => v.Sighting.Plate == Plate).Sighting, strips);
    }

    private async Task<Edge> DeliverAsync(Core core, ObservedStrip[] strips)
    {
        var options = new EdgeOptions { SpoolPath = _folder["spool"], ShedPicturesBelowBytes = 0 };
        var services = new ServiceCollection().AddHttpClient(CoreUploads.Client).ConfigurePrimaryHttpMessageHandler(() => core).Services.BuildServiceProvider();
        await File.WriteAllTextAsync(_folder["city.json"], """{"id":"t","name":"T","country":"GB","stations":[{"id":"gate","name":"Gate","latitude":51.5,"longitude":-0.1,"cameras":[{"id":"gate-1","source":"upload"}]}]}""", Token);
        options.CityFile = _folder["city.json"];
        var publisher = new SightingPublisher(Options.Create(options), new ServedStations(Options.Create(options), Options.Create(new ConfigurationOptions())), TimeProvider.System, NullLogger<SightingPublisher>.Instance);
        foreach (var strip in strips)
        {
            await publisher.KeepStripAsync(strip, Token);
        }

        var health = new WorkerHealth(TimeProvider.System);
        var delivery = new StripDelivery(
            publisher, new FolderObjectStore(_folder["objects"]), services.GetRequiredService<IHttpClientFactory>(), Options.Create(new ConfigurationOptions { Address = new Uri("http://core"), Key = "the edge's key" }),
            Options.Create(new EvidenceOptions { FramesAround = 5 }), health, TimeProvider.System, NullLogger<StripDelivery>.Instance);
        await delivery.StartAsync(Token);
        return new Edge(publisher, delivery, services, health);
    }

    private sealed record Edge(SightingPublisher Publisher, StripDelivery Delivery, ServiceProvider Services, WorkerHealth Health) : IAsyncDisposable
    {
        public StationSpool Spool => Publisher.Spools.Single();

        public async ValueTask DisposeAsync()
        {
            await Delivery.StopAsync(CancellationToken.None);
            Delivery.Dispose();
            await Publisher.DisposeAsync();
            await Services.DisposeAsync();
        }
    }

    private sealed class Core(HttpStatusCode answer) : HttpMessageHandler
    {
        public Dictionary<string, string> Told { get; } = [];

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var strip = System.Text.Json.JsonSerializer.Deserialize(await request.Content!.ReadAsStringAsync(cancellationToken), ContractsJson.Default.EdgeStrip)!;
            Assert.Equal("Bearer the edge's key", request.Headers.Authorization?.ToString());
            Told[strip.Key] = request.RequestUri!.AbsoluteUri;
            return new HttpResponseMessage(answer);
        }
    }
}

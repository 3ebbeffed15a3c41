using System.Globalization;
using OpenCvSharp;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Faces;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Tests.Cameras;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Faces;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>Portraits that pass a camera, under orders of the core and without.</summary>
public sealed class FaceWatchTests(Portraits portraits, Recogniser recogniser) : IClassFixture<Portraits>, IAsyncLifetime
{
    // Of all, the one that the detector is least sure of.
    private const string Portrait = "p06-2.jpg";

    private static readonly Guid Deployment = Guid.Parse("0197a000-0000-7000-8000-000000000001");
    private static readonly Guid Sought = Guid.Parse("0197a000-0000-7000-8000-00000000000a");
    private static readonly DateTimeOffset Start = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    private readonly TemporaryFolder _folder = new();
    private FakeCore _core = null!;

    public async ValueTask InitializeAsync() => _core = await FakeCore.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task Somebody_on_the_list_who_passes_is_one_match_with_a_picture_and_the_core_gets_it_at_once()
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"], 6).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p02-1.jpg", Guid.NewGuid()), ("p01-1.jpg", Sought))];
        await using var station = await StartAsync();
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => !_core.FaceMatches.IsEmpty, "the match has come");
        await station.Until(() => Last() is { Matches: 1, Passes: 1, Faces: 6 }, "the edge has told what it did");

        var match = Assert.Single(_core.FaceMatches);
        Assert.Equal((Deployment, "gate", Sought, 3), (match.Deployment, match.Camera, match.Entry, match.Looks));
        Assert.InRange(match.Distance, 0.1, 0.6);
        using var picture = Cv2.ImDecode(match.Picture, ImreadModes.Color);
        Assert.Single(portraits.Find(picture));
        Assert.Equal((1, 0, null), (Last()!.Comparisons, Last()!.Lost, Last()!.DestroyedAt));
    }

    [Fact]
    public async Task Somebody_who_is_not_sought_is_compared_once_and_leaves_no_match()
    {
        Portraits.Needed();
        Portraits.Pass("p03-1.jpg", _folder["pass"], 6).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        await using var station = await StartAsync();
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => Last() is { Comparisons: 1, Faces: 6 }, "the pass was compared");

        Assert.Empty(_core.FaceMatches);
        Assert.Equal((1, 0), (Last()!.Passes, Last()!.Matches));
    }

    [Fact]
    public async Task The_least_score_of_the_settings_reaches_the_detector()
    {
        Portraits.Needed();
        using var portrait = Portraits.Picture(Portrait);
        var score = Assert.Single(portraits.Find(portrait)).Score;
        Directory.CreateDirectory(_folder["pass"]);
        for (var i = 0; i < 4; i++)
        {
            File.Copy(Path.Combine(Portraits.Folder, Portrait), _folder[$"pass/{i}.jpg"]);
        }

        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        await using var station = await StartAsync(settings: new() { ["Edge:Faces:DetectionThreshold"] = Math.Round(score + 0.01, 3).ToString(CultureInfo.InvariantCulture) });
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => station.Running.Contains("gate") && station.Camera("gate").IsFinished, "the camera has given all its frames");
        await station.Until(() => station.Health.Reports.Any(r => r is { Name: "faces gate", State: WorkerState.Healthy }), "its frames were looked at");
        var asked = _core.FaceExchanges;
        await station.Until(() => _core.FaceExchanges > asked + 1, "the edge has told what it did");
        Assert.Equal((0, 0), (Last()!.Faces, Last()!.Passes));
    }

    [Fact]
    public async Task Two_good_looks_are_too_few_to_compare()
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"], 2).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        await using var station = await StartAsync();
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => Last()?.Refused.GetValueOrDefault(FaceRefusal.FewLooks) == 1, "the pass is over");

        Assert.Equal(0, Last()!.Comparisons);
        Assert.Empty(_core.FaceMatches);
    }

    [Fact]
    public async Task Without_an_order_for_the_camera_no_face_is_computed()
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"]).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought)) with { Cameras = ["another"] }];
        await using var station = await StartAsync();
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => station.Running.Contains("gate") && station.Camera("gate").IsFinished, "the camera has given all its frames");
        var asked = _core.FaceExchanges;
        await station.Until(() => _core.FaceExchanges > asked + 1, "the edge has told what it did");

        Assert.Equal((0, 0, 0), (Last()!.Faces, Last()!.Passes, Last()!.Comparisons));
        Assert.DoesNotContain(station.Health.Reports, r => r.Name == "faces gate");
    }

    [Theory]
    [InlineData("2026-11-23T07:00:00Z")]
    [InlineData("2026-11-23T20:00:00Z")]
    public async Task Pictures_from_before_or_after_a_deployment_are_not_searched(string takenAt)
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"], 6).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        await using var station = await StartAsync();
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate", takenAt)];

        await station.Until(() => station.Running.Contains("gate") && station.Camera("gate").IsFinished, "the camera has given all its frames");
        await station.Until(() => station.Health.Reports.Any(r => r is { Name: "faces gate", State: WorkerState.Healthy }), "its frames were looked at");
        var asked = _core.FaceExchanges;
        await station.Until(() => _core.FaceExchanges > asked + 1, "the edge has told what it did");

        Assert.Equal((0, 0, 0), (Last()!.Faces, Last()!.Passes, Last()!.Comparisons));
        Assert.Empty(_core.FaceMatches);
    }

    [Fact]
    public async Task An_order_that_is_not_given_again_ends_and_the_core_hears_when_its_templates_were_destroyed()
    {
        _core.FaceOrders = [new FaceOrder(Deployment, ["gate"], Start, Start.AddHours(1), TimeSpan.FromMinutes(1), DescriptorCard.Usual, 0.6, [new FaceTemplate(Sought, new byte[512])])];
        await using var station = await StartAsync();
        await OrderedAsync(station);

        _core.FaceOrders = [];
        await station.Until(() => Last()?.DestroyedAt is not null, "its end was told");

        var told = _core.FaceReports.Count;
        var asked = _core.FaceExchanges;
        await station.Until(() => _core.FaceExchanges > asked + 2, "the edge went on asking");
        Assert.InRange(_core.FaceReports.Count, told, told + 1);
    }

    [Fact]
    public async Task A_pass_in_whose_middle_the_record_is_revoked_is_never_compared()
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"], 5).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        _core.Cameras = [new Camera { Id = "gate", Source = "upload:stream" }];
        await using var station = await StartAsync();
        await OrderedAsync(station);
        await station.Until(() => station.Running.Contains("gate"), "the camera runs");
        await SendAsync(station, 0, 2);
        await station.Until(() => Last() is { Faces: 2, Passes: 1 }, "two looks are taken");

        _core.FaceOrders = [];
        await station.Until(() => Last() is { DestroyedAt: not null }, "the list is destroyed");
        await SendAsync(station, 2, 3);
        var asked = _core.FaceExchanges;
        await station.Until(() => _core.FaceExchanges > asked + 1, "the edge went on asking");

        Assert.Equal((2, 1, 0, 0), (Last()!.Faces, Last()!.Passes, Last()!.Comparisons, Last()!.Matches));
        Assert.Equal(1, Last()!.Refused.GetValueOrDefault(FaceRefusal.FewLooks));
        Assert.Empty(_core.FaceMatches);
    }

    [Fact]
    public async Task An_edge_that_stops_in_the_middle_of_a_pass_counts_it_in_its_last_word()
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"], 2).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        _core.Cameras = [new Camera { Id = "gate", Source = "upload:stream" }];
        await using (var station = await StartAsync())
        {
            await OrderedAsync(station);
            await station.Until(() => station.Running.Contains("gate"), "the camera runs");
            await SendAsync(station, 0, 2);
            await station.Until(() => Last() is { Faces: 2, Passes: 1 }, "two looks are taken");
        }

        Assert.NotNull(Last()!.DestroyedAt);
        Assert.Equal((1, 0, 1), (Last()!.Passes, Last()!.Comparisons, Last()!.Refused.GetValueOrDefault(FaceRefusal.FewLooks)));
    }

    [Fact]
    public async Task Without_a_link_to_the_core_an_order_ends_with_its_lease()
    {
        _core.FaceOrders = [new FaceOrder(Deployment, ["gate"], Start, Start.AddHours(1), TimeSpan.FromSeconds(20), DescriptorCard.Usual, 0.6, [new FaceTemplate(Sought, new byte[512])])];
        using var log = new RecordedLog();
        await using var station = await StartAsync(log: log);
        await OrderedAsync(station);

        await _core.StopAsync();
        await station.Until(() => log.Texts.Any(t => t.Contains("the core has not been heard for its lease; its templates are destroyed", StringComparison.Ordinal)), "the lease is over");
    }

    [Fact]
    public async Task Matches_wait_in_memory_while_the_core_does_not_take_them_and_are_lost_with_the_order()
    {
        Portraits.Needed();
        Portraits.Pass("p01-2.jpg", _folder["pass"]).ForEach(p => p.Dispose());
        _core.FaceOrders = [Order(("p01-1.jpg", Sought))];
        _core.RefusesMatches = true;
        await using var station = await StartAsync();
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => station.Health.Reports.Any(r => r is { Name: "camera face matches", State: WorkerState.Degraded }), "the match waits");
        _core.FaceOrders = [];
        await station.Until(() => Last() is { DestroyedAt: not null, Matches: 1, Lost: 1 }, "the match is lost");

        _core.RefusesMatches = false;
        Assert.Empty(_core.FaceMatches);
    }

    [Fact]
    public async Task Templates_of_another_descriptor_are_not_taken_and_the_station_says_so()
    {
        _core.FaceOrders = [new FaceOrder(Deployment, ["gate"], Start, Start.AddHours(1), TimeSpan.FromMinutes(1), "sface-2021dec", 0.6, [new FaceTemplate(Sought, new byte[512])])];
        await using var station = await StartAsync();

        await station.Until(() => station.Health.Reports.Any(r => r.Name == $"faces {CameraStation.Station}" && r.State == WorkerState.Degraded && r.Detail!.Contains("sface-2021dec", StringComparison.Ordinal)), "it is told");
        Assert.Empty(_core.FaceReports);
    }

    [Fact]
    public async Task A_fault_with_faces_is_told_and_plates_are_read_all_the_same()
    {
        Directory.CreateDirectory(_folder["models"]);
        await File.WriteAllTextAsync(_folder["models/face-descriptor.onnx"], "damaged", TestContext.Current.CancellationToken);
        Directory.CreateDirectory(_folder["pass"]);
        await File.WriteAllBytesAsync(_folder["pass/1.jpg"], TestPictures.Jpeg("LR33TEE"), TestContext.Current.CancellationToken);
        _core.FaceOrders = [new FaceOrder(Deployment, ["gate"], Start, Start.AddHours(1), TimeSpan.FromMinutes(1), DescriptorCard.Usual, 0.6, [new FaceTemplate(Sought, new byte[512])])];
        await using var station = await StartAsync(_folder["models"]);
        await OrderedAsync(station);
        _core.Cameras = [Camera("gate")];

        await station.Until(() => station.Running.Contains("gate") && station.Camera("gate").IsFinished, "the camera has given all its frames");

        Assert.Equal("LR33TEE", Assert.Single(station.Sightings).Plate);
        await Eventually.IsTrue(() => station.Health.Reports.Any(r => r is { Name: "faces gate", State: WorkerState.Degraded } && r.Detail!.Contains("SHA-256", StringComparison.Ordinal)), "the fault is told");
    }

    [Fact]
    public async Task An_edge_without_the_descriptor_that_is_to_look_for_faces_does_not_start()
    {
        var e = await Assert.ThrowsAsync<Microsoft.Extensions.Options.OptionsValidationException>(() => StartAsync(_folder.Path));

        Assert.Contains("Edge:Faces:Enabled is true, but this edge cannot tell faces apart", e.Message, StringComparison.Ordinal);
        Assert.Contains("-p:Faces=true", e.Message, StringComparison.Ordinal);
    }

    // Frames of the pass of p01-2, one after another.
    private async Task SendAsync(CameraStation station, int from, int frames)
    {
        for (var i = from; i < from + frames; i++)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, "/cameras/gate/frames") { Content = new ByteArrayContent(await File.ReadAllBytesAsync(_folder[$"pass/{i}-p01-2.jpg"])) };
            request.Content.Headers.ContentType = new("image/jpeg");
            request.Headers.Add("X-Api-Key", CameraStation.UploadKey);
            using var taken = await station.Http.SendAsync(request, TestContext.Current.CancellationToken);
            taken.EnsureSuccessStatusCode();
            await Eventually.IsTrue(() => station.Camera("gate").Frames == i + 1, "the frame was taken");
        }
    }

    private FaceReport? Last() => _core.FaceReports.LastOrDefault(r => r.Deployment == Deployment);

    private Task OrderedAsync(CameraStation station) => station.Until(() => !_core.FaceReports.IsEmpty, "the edge holds the order");

    private FaceOrder Order(params (string File, Guid Entry)[] list) =>
        new(Deployment, ["gate"], Start, Start.AddHours(12), TimeSpan.FromMinutes(10), DescriptorCard.Usual, 0.6, [.. list.Select(l => new FaceTemplate(l.Entry, Template(l.File)))]);

    private byte[] Template(string file)
    {
        using var picture = Portraits.Picture(file);
        using var face = Assert.Single(portraits.Describe(picture, FaceGates.Enrolment));
        return face.Template!.Bytes.ToArray();
    }

    private Camera Camera(string id, string? start = null) => new() { Id = id, Source = $"folder:{_folder["pass"]}#start={start ?? "2026-11-23T08:00:00Z"}&every=00:00:00.5" };

    private Task<CameraStation> StartAsync(string? models = null, RecordedLog? log = null, Dictionary<string, string?>? settings = null) => CameraStation.StartAsync(
        recogniser, _folder, [], new(settings ?? [])
        {
            ["Edge:Stations:0"] = CameraStation.Station,
            ["Edge:Configuration:Address"] = _core.Address,
            ["Edge:Configuration:Key"] = FakeCore.Key,
            ["Edge:Configuration:Interval"] = "00:00:00.5",
            ["Edge:Faces:Enabled"] = "true",
            ["Edge:Faces:ModelsPath"] = models ?? Portraits.ModelFolder,
            ["Edge:Faces:Interval"] = "00:00:01",
            ["Edge:Faces:LookEvery"] = "00:00:00",
        },
        log: log);
}

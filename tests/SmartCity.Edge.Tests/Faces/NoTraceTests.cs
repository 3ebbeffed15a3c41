using System.Diagnostics;
using System.Globalization;
using System.Text;
using OpenCvSharp;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Faces;
using SmartCity.Edge.Faces;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Faces;

namespace SmartCity.Edge.Tests.Faces;

/// <summary>An edge as a process of its own: of somebody who passes and is not sought, nothing is left anywhere.</summary>
public sealed class NoTraceTests(Portraits portraits, ITestOutputHelper output) : IClassFixture<Portraits>, IAsyncLifetime
{
    private static readonly Guid Deployment = Guid.Parse("0197a000-0000-7000-8000-000000000002");

    private readonly TemporaryFolder _folder = new();
    private readonly InProcessBroker _broker = new((Topics.Sightings, 1), (Topics.StationHeartbeats, 1));
    private readonly StringBuilder _said = new();
    private FakeCore _core = null!;

    public async ValueTask InitializeAsync() => _core = await FakeCore.StartAsync();

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _broker.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Of_a_passer_by_who_is_not_sought_no_template_is_left_and_of_the_list_none_when_its_order_is_over()
    {
        Portraits.Needed();
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The memory of a process is read where Linux shows it.");
        var passer = Portraits.Pass("p02-1.jpg", _folder["pass"], 5);
        using var picture = Portraits.Picture("p01-1.jpg");
        var sought = Templates([picture]);
        List<float[]> theirs = [.. Templates(passer), .. LastSteps(passer)];
        passer.ForEach(p => p.Dispose());
        var order = new FaceOrder(Deployment, ["gate"], DateTimeOffset.UnixEpoch, Now.AddHours(1), TimeSpan.FromMinutes(5), DescriptorCard.Usual, 0.6, [new FaceTemplate(Guid.NewGuid(), Bytes(sought[0]))]);
        _core.FaceOrders = [order];
        using var edge = Start();
        try
        {
            await Eventually.IsTrue(() => edge.HasExited || !_core.FaceReports.IsEmpty, "the edge holds the order");
            Assert.False(edge.HasExited, _said.ToString());
            _core.Cameras = [new Camera { Id = "gate", Source = $"folder:{_folder["pass"]}#start=2026-11-23T07:00:00Z&every=00:00:00.5" }];
            await Eventually.IsTrue(() => _core.FaceReports.Any(r => r is { Faces: 5, Comparisons: 1, Matches: 0 }), "the pass was compared");
            await Eventually.IsTrue(() => Directory.EnumerateFiles(_folder["objects"], "*.jpg", SearchOption.AllDirectories).Any(), "a picture of the camera left the edge");

            // What the list holds is in memory by design, and shows that the search finds what is there; it moves with each answer of the core.
            (int Found, long Bytes) planted = default;
            await Eventually.IsTrue(() => (planted = MemorySearch.InProcess(edge.Id, sought)).Found > 0, "the search finds the list's template");
            var passed = MemorySearch.InProcess(edge.Id, theirs);
            output.WriteLine($"In {passed.Bytes >> 20} MB of memory: {passed.Found} places with the passer-by's template, {planted.Found} with the list's.");
            Assert.Equal(0, passed.Found);

            _core.FaceOrders = [];
            await Eventually.IsTrue(() => _core.FaceReports.Any(r => r.DestroyedAt is not null), "the list is destroyed");
            var asked = _core.FaceExchanges;
            await Eventually.IsTrue(() => _core.FaceExchanges > asked + 1, "the core was asked again");
            var (left, bytes) = MemorySearch.InProcess(edge.Id, sought);
            output.WriteLine($"In {bytes >> 20} MB of memory after the order: {left} places with the list's template.");
            Assert.Equal(0, left);

            // Ordered anew, the edge crashes, and its runtime writes all of its memory to a file.
            _core.FaceOrders = [order with { Deployment = Guid.NewGuid() }];
            await Eventually.IsTrue(() => _core.FaceReports.Any(r => r.Deployment == _core.FaceOrders[0].Deployment), "the edge holds the list again");
            using (var crash = Process.Start("kill", ["-ABRT", edge.Id.ToString(CultureInfo.InvariantCulture)]))
            {
                await crash.WaitForExitAsync(TestContext.Current.CancellationToken);
            }

            await Eventually.IsTrue(() => Said().Contains("Dump successfully written", StringComparison.Ordinal), "the dump is written", TimeSpan.FromMinutes(5)); // a gigabyte
            var (dumped, list) = (MemorySearch.InFile(_folder["crash"], theirs), MemorySearch.InFile(_folder["crash"], sought));
            output.WriteLine($"In {dumped.Bytes >> 20} MB of the dump of a crash: {dumped.Found} places with the passer-by's template, {list.Found} with the list's.");
            Assert.Equal(0, dumped.Found);
            Assert.True(list.Found > 0, "the search finds the list's template in the dump");
        }
        finally
        {
            edge.Kill();
            await edge.WaitForExitAsync(TestContext.Current.CancellationToken);
        }

        float[][] all = [.. theirs, .. sought];
        var (spool, objects, log, kafka) = (MemorySearch.InFolder(_folder["spool"], all), MemorySearch.InFolder(_folder["objects"], all), Encoding.UTF8.GetBytes(Said()), await InKafkaAsync(all));
        List<(string Where, int Found, long Bytes)> kept = [("spool", spool.Found, spool.Bytes), ("object store", objects.Found, objects.Bytes), ("log", MemorySearch.In(log, all), log.Length), ("Kafka", kafka.Found, kafka.Bytes)];
        kept.ForEach(k => output.WriteLine($"In {k.Bytes} bytes of the {k.Where}: {k.Found}."));
        Assert.All(kept, k => Assert.True(k.Found == 0 && k.Bytes > 0, $"{k.Where}: {k.Found} in {k.Bytes} bytes"));

        // The same searches find a template that was put there.
        await File.WriteAllBytesAsync(_folder["spool/planted"], [1, .. Bytes(theirs[1])], TestContext.Current.CancellationToken);
        Assert.True(MemorySearch.InFolder(_folder["spool"], theirs).Found > 0);
        Assert.True(MemorySearch.In(Encoding.UTF8.GetBytes($"{{\"values\":\"{Convert.ToBase64String(Bytes(theirs[0]))}\"}}"), theirs) > 0);
    }

    private static DateTimeOffset Now => TimeProvider.System.GetUtcNow();

    // Of each picture, and of any three in a row together.
    private List<float[]> Templates(List<Mat> pictures)
    {
        var looks = pictures.ConvertAll(p =>
        {
            using var face = Assert.Single(portraits.Describe(p, FaceGates.Passing));
            return face.Template!.Values.ToArray();
        });
        return [.. looks, .. Enumerable.Range(0, Math.Max(0, looks.Count - 2)).Select(i => looks[i].Select((v, n) => (v + looks[i + 1][n] + looks[i + 2][n]) / 3).ToArray())];
    }

    // What lies in the model's own memory before the template comes out of it.
    private IEnumerable<float[]> LastSteps(List<Mat> pictures) => pictures.ConvertAll(p =>
    {
        using var face = Assert.Single(portraits.LastStep.Describe(p.Pixels(), portraits.Detector, FaceSearch.Usual, FaceGates.Passing));
        return face.Template!.Values.ToArray();
    });

    private static byte[] Bytes(float[] template) => System.Runtime.InteropServices.MemoryMarshal.AsBytes(template.AsSpan()).ToArray();

    private async Task<(int Found, long Bytes)> InKafkaAsync(float[][] templates)
    {
        var (found, bytes) = (0, 0L);
        foreach (var topic in (string[])[Topics.Sightings, Topics.StationHeartbeats])
        {
            using var reader = new TopicReader(_broker.BootstrapServers, topic, 1);
            await Eventually.IsTrue(() => reader.Take() > 0 || topic == Topics.Sightings, "the topic is read");
            foreach (var record in reader.Records)
            {
                var value = record.Message.Value ?? [];
                (found, bytes) = (found + MemorySearch.In(value, templates), bytes + value.Length);
            }
        }

        return (found, bytes);
    }

    private Process Start()
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SmartCity.Edge.dll")]) { WorkingDirectory = _folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = "http://127.0.0.1:0",
            ["ConnectionStrings__edge-kafka"] = _broker.BootstrapServers,
            ["ConnectionStrings__objects"] = _folder["objects"],
            ["Edge__SpoolPath"] = _folder["spool"],
            ["Edge__Stations__0"] = CameraStation.Station,
            ["Edge__Configuration__Address"] = _core.Address,
            ["Edge__Configuration__Key"] = FakeCore.Key,
            ["Edge__Configuration__Interval"] = "00:00:00.5",
            ["Edge__HeartbeatInterval"] = "00:00:01",
            ["Edge__Faces__Enabled"] = "true",
            ["Edge__Faces__ModelsPath"] = Portraits.ModelFolder,
            ["Edge__Faces__Interval"] = "00:00:00.5",
            ["Recognition__Device"] = "cpu",
            ["Logging__LogLevel__Default"] = "Trace",
            ["DOTNET_GCHeapHardLimit"] = "0x20000000",
            ["DOTNET_DbgEnableMiniDump"] = "1",
            ["DOTNET_DbgMiniDumpType"] = "4",
            ["DOTNET_DbgMiniDumpName"] = _folder["crash"],
        })
        {
            start.Environment[name] = value;
        }

        Directory.CreateDirectory(_folder["spool"]);
        Directory.CreateDirectory(_folder["objects"]);
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    private void Hear(string? line)
    {
        lock (_said)
        {
            _said.AppendLine(line);
        }
    }

    private string Said()
    {
        lock (_said)
        {
            return _said.ToString();
        }
    }
}

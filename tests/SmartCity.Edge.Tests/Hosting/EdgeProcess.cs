using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Edge.Models;
using SmartCity.Edge.Tests.Cameras;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>An edge as a process of its own, with one camera to which a test sends pictures of one vehicle.</summary>
internal sealed class EdgeProcess : IDisposable
{
    public const string Camera = "gate";
    public const string Plate = "LR33TEE";

    private static readonly DateTimeOffset Noon = new(2026, 11, 23, 12, 0, 0, TimeSpan.Zero);
    private static readonly byte[] Picture = TestPictures.Jpeg(Plate);

    private readonly Process _process;
    private readonly HttpClient _http;
    private readonly string _models;

    private EdgeProcess(Process process, int port, string models)
    {
        (_process, _models) = (process, models);
        _http = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Add("X-Api-Key", CameraStation.UploadKey);
    }

    public int Id => _process.Id;

    /// <summary>What the edge has written down of its versions.</summary>
    public KeptModels Kept => KeptModels.Read(Path.Combine(_models, "reader.json"));

    /// <summary>Bytes of its memory that are resident.</summary>
    public long ResidentBytes
    {
        get
        {
            _process.Refresh();
            return _process.WorkingSet64;
        }
    }

    public static EdgeProcess Start(TemporaryFolder folder, FakeCore core, InProcessBroker kafka, string publicKey, params (string Name, string Value)[] settings)
    {
        var port = FreePorts.Take();
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "SmartCity.Edge.dll")]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder["."] };
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("Edge__Stations__0", CameraStation.Station), ("Edge__SpoolPath", folder["spool"]), ("Edge__UploadKey", CameraStation.UploadKey), ("Edge__ClockChecked", "false"), ("Edge__HeartbeatInterval", "00:00:01"),
            ("Edge__Configuration__Address", core.Address), ("Edge__Configuration__Key", FakeCore.Key), ("Edge__Configuration__Interval", "00:00:00.100"),
            ("Edge__Models__PublicKey", publicKey), ("Edge__Models__Interval", "00:00:00.050"), ("Edge__Models__ShadowEvery", "1"), ("Edge__Models__ShadowPlates", "1"), ("Edge__Models__MostTimes", "100"),
            ("ConnectionStrings__edge-kafka", kafka.BootstrapServers), ("ConnectionStrings__objects", folder["objects"]), ("urls", $"http://127.0.0.1:{port}"), .. settings,
        ])
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Debug.WriteLine(line.Data);
        process.ErrorDataReceived += (_, line) => Debug.WriteLine(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return new EdgeProcess(process, port, folder["spool/.models"]);
    }

    /// <summary>Sends the nth picture, taken n seconds after noon.</summary>
    /// <returns>False where the edge is not there or has no room; nothing came of it then.</returns>
    public async Task<bool> SendAsync(int n)
    {
        using var body = new ByteArrayContent(Picture) { Headers = { ContentType = new MediaTypeHeaderValue("image/jpeg") } };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"cameras/{Camera}/frames") { Content = body };
        request.Headers.Add("X-Captured-At", TakenAt(n).ToString("O", CultureInfo.InvariantCulture));
        try
        {
            using var answer = await _http.SendAsync(request, TestContext.Current.CancellationToken);
            return answer.StatusCode == HttpStatusCode.Accepted;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }

    public static DateTimeOffset TakenAt(int n) => Noon.AddSeconds(n);

    /// <summary>Waits until it has written something down.</summary>
    public Task UntilAsync(Func<KeptModels, bool> condition, string what) => Eventually.IsTrue(
        () =>
        {
            Assert.False(_process.HasExited, $"The edge ended by itself: {what}");
            return condition(Kept);
        },
        what);

    /// <summary>kill -9.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _http.Dispose();
    }

    /// <summary>The sightings that have arrived so far.</summary>
    public static List<Sighting> Arrived(TopicReader reader)
    {
        reader.Take();
        return reader.Records.ConvertAll(r => JsonSerializer.Deserialize(r.Message.Value, ContractsJson.Default.Sighting)!);
    }
}

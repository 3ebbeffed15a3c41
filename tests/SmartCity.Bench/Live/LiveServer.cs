using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.Contracts.Cities;

namespace SmartCity.Bench.Live;

/// <summary>The all-in-one as a process of its own, core and console at work, its edges without a camera, on the bench's Postgres and Kafka.</summary>
internal sealed class LiveServer : IAsyncDisposable
{
    public const string Password = "a long first password";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(3);

    private readonly Process _process;

    private LiveServer(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public int Id => _process.Id;

    public static async Task<LiveServer> StartAsync(string folder, City city, string postgres, string kafka, string objects, CancellationToken cancellationToken)
    {
        var cityFile = Path.Combine(folder, "city.json");
        await File.WriteAllTextAsync(cityFile, WithoutCameras(city), cancellationToken);
        var address = new Uri($"http://127.0.0.1:{FreePort()}/");
        var start = new ProcessStartInfo("dotnet", [AllInOne(), "run", "--city", cityFile, "--data", Path.Combine(folder, "data"), "--urls", address.ToString().TrimEnd('/')])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            Environment =
            {
                ["ConnectionStrings__postgres"] = postgres,
                ["ConnectionStrings__core-kafka"] = kafka,
                ["ConnectionStrings__objects"] = objects,
                ["Core__DemoRegistry"] = "true",
                ["Core__Access__FirstPassword"] = Password,
            },
        };
        var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var server = new LiveServer(process, address);
        try
        {
            await Task.WhenAny(ready.Task, process.WaitForExitAsync(cancellationToken)).WaitAsync(ReadyWithin, cancellationToken);
            return ready.Task.IsCompleted ? server : throw new InvalidOperationException("The server ended before it was ready:\n" + string.Join('\n', said));
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }

        void Hear(string? line)
        {
            if (line is not null)
            {
                said.Enqueue(line);
                if (line.Contains("SmartCity is ready", StringComparison.Ordinal))
                {
                    ready.TrySetResult();
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static string WithoutCameras(City city)
    {
        var json = JsonSerializer.SerializeToNode(city, JsonSerializerOptions.Web)!;
        foreach (var station in json["stations"]!.AsArray())
        {
            station!["cameras"] = new JsonArray();
        }

        return json.ToJsonString();
    }

    private static string AllInOne()
    {
        var here = new DirectoryInfo(AppContext.BaseDirectory);
        var built = Path.GetFullPath(Path.Combine(here.FullName, "..", "..", "..", "..", "..", "SmartCity.AllInOne", "bin", here.Parent!.Name, here.Name, "smartcity.dll"));
        return File.Exists(built) ? built : throw new InvalidOperationException($"{built} is not built; ./smartcity bench live builds it.");
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Cities;

namespace SmartCity.Bench;

/// <summary><c>smartcity run</c> as a process of its own.</summary>
internal sealed class CityProcess : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private CityProcess(Process process, Uri address) => (_process, Address) = (process, address);

    public Uri Address { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>Returns when it says that it is ready.</summary>
    /// <exception cref="InvalidOperationException">It ended before; the message has what it said.</exception>
    public static async Task<CityProcess> StartAsync(IEnumerable<string> options, IReadOnlyDictionary<string, string> environment, CancellationToken cancellationToken)
    {
        var address = new Uri($"http://127.0.0.1:{Processes.FreePort()}/");
        var start = new ProcessStartInfo("dotnet", [BuiltProgram.Find("SmartCity.AllInOne", "smartcity.dll"), "run", "--urls", address.ToString().TrimEnd('/'), .. options]) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
        {
            start.Environment[name] = value;
        }

        var process = Process.Start(start)!;
        var said = new ConcurrentQueue<string>();
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        process.OutputDataReceived += (_, line) => Hear(line.Data);
        process.ErrorDataReceived += (_, line) => Hear(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        var city = new CityProcess(process, address);
        try
        {
            await Task.WhenAny(ready.Task, process.WaitForExitAsync(cancellationToken)).WaitAsync(ReadyWithin, cancellationToken);
            return ready.Task.IsCompleted ? city : throw new InvalidOperationException("The city ended before it was ready:\n" + string.Join('\n', said));
        }
        catch
        {
            await city.DisposeAsync();
            throw;
        }

        void Hear(string? line)
        {
            if (line is null || ready.Task.IsCompleted)
            {
                return;
            }

            said.Enqueue(line);
            if (line.Contains("SmartCity is ready", StringComparison.Ordinal))
            {
                ready.TrySetResult();
            }
        }
    }

    /// <summary>The city with its stations and without their cameras, as a city file.</summary>
    public static string WithoutCameras(City city)
    {
        var json = JsonSerializer.SerializeToNode(city, JsonSerializerOptions.Web)!;
        foreach (var station in json["stations"]!.AsArray())
        {
            station!["cameras"] = new JsonArray();
        }

        return json.ToJsonString();
    }

    /// <summary>Asks it to end, so that it stops what it has started; ends it when it does not.</summary>
    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            using var ask = Process.Start("kill", ["-TERM", _process.Id.ToString(CultureInfo.InvariantCulture)]);
            await ask.WaitForExitAsync();
            using var patience = new CancellationTokenSource(EndsWithin);
            await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }
}

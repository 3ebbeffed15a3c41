using System.Diagnostics;
using SmartCity.AllInOne.Infrastructure;

namespace SmartCity.Bench;

/// <summary>A service as a process of its own, which can be killed and started again on the same address.</summary>
internal sealed class ServiceProcess(string project, string name, string folder, IReadOnlyDictionary<string, string> settings) : IAsyncDisposable
{
    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(3);
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(40);

    private readonly Uri _address = new($"http://127.0.0.1:{Processes.FreePort()}/");
    private Process? _process;

    public Uri Address => _address;

    public string Log => Path.Combine(folder, $"{name}.log");

    /// <summary>Ends of its own will, which there should be none of.</summary>
    public int Ends { get; private set; }

    public int Id => _process!.Id;

    public bool HasExited => _process is not { HasExited: false };

    public void Start()
    {
        string[] command = ["dotnet", BuiltProgram.Find(project, project + ".dll"), "--urls", _address.ToString().TrimEnd('/'), .. settings.Select(s => $"--{s.Key}={s.Value}")];
        _process?.Dispose();
        _process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1", "sh", Log, .. command]))!;
    }

    /// <param name="within">Three minutes, if it is not said.</param>
    public async Task WhenReadyAsync(CancellationToken cancellationToken, TimeSpan? within = null)
    {
        using var http = new HttpClient { BaseAddress = _address, Timeout = TimeSpan.FromSeconds(5) };
        var started = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                using var answer = await http.GetAsync(new Uri("health/ready", UriKind.Relative), cancellationToken);
                if (answer.IsSuccessStatusCode)
                {
                    return;
                }
            }
            catch (Exception e) when (e is HttpRequestException or TaskCanceledException && !cancellationToken.IsCancellationRequested)
            {
                // not yet
            }

            if (HasExited || Stopwatch.GetElapsedTime(started) > (within ?? ReadyWithin))
            {
                throw new InvalidOperationException($"{name} is not ready; see {Log}.");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }
    }

    /// <summary>kill -9, and a start at once.</summary>
    public async Task CrashAsync(CancellationToken cancellationToken)
    {
        if (HasExited)
        {
            Ends++;
        }
        else
        {
            _process!.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(cancellationToken);
        }

        Start();
    }

    /// <summary>Asks it to end.</summary>
    public async Task StopAsync()
    {
        if (HasExited)
        {
            Ends++;
            return;
        }

        using var ask = Process.Start("kill", ["-TERM", _process!.Id.ToString(System.Globalization.CultureInfo.InvariantCulture)]);
        using var patience = new CancellationTokenSource(EndsWithin);
        await _process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{name} did not end within {EndsWithin.TotalSeconds:0} s of SIGTERM; see {Log}.");
        }
    }

    public ValueTask DisposeAsync()
    {
        if (!HasExited)
        {
            _process!.Kill(entireProcessTree: true);
        }

        _process?.Dispose();
        return ValueTask.CompletedTask;
    }
}

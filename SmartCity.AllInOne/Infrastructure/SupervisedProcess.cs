using System.Diagnostics;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Infrastructure;

/// <summary>
/// A program that is kept running: when it ends it is started again, later each time it ends soon. It is asked to end when this process
/// ends, however that happens: a shell beside it waits on a pipe that only this process holds open.
/// </summary>
internal sealed class SupervisedProcess : IAsyncDisposable
{
    // $1 is the log, the rest the program. The terminal's Ctrl+C goes to this process alone, which then ends the program in order.
    private const string Keeper =
        """
        log=$1; shift
        exec 3<&0
        "$@" >>"$log" 2>&1 3<&- </dev/null &
        child=$!
        ( read -r _ <&3; kill -TERM "$child" 2>/dev/null ) &
        watch=$!
        wait "$child"; status=$?
        kill "$watch" 2>/dev/null
        exit "$status"
        """;

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Steady = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan EndWithin = TimeSpan.FromSeconds(6);

    private readonly string _name;
    private readonly IReadOnlyList<string> _command;
    private readonly string _log;
    private readonly WorkerHealth _health;
    private readonly ILogger _logger;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <param name="name">As health and logs call it.</param>
    /// <param name="command">The program and its arguments.</param>
    /// <param name="log">File to which its output is appended.</param>
    public SupervisedProcess(string name, IReadOnlyList<string> command, string log, WorkerHealth health, ILogger logger)
    {
        _name = name;
        _command = command;
        _log = log;
        _health = health;
        _logger = logger;
        _health.Starting(name);
        _running = Task.Run(KeepRunningAsync);
    }

    /// <summary>How often it ended by itself.</summary>
    public int Ends { get; private set; }

    /// <summary>Waits until the program does its work.</summary>
    /// <exception cref="InvalidOperationException">It ended three times, or took too long; the message holds the end of its log.</exception>
    public async Task WhenReadyAsync(Func<CancellationToken, Task<bool>> isReady, TimeSpan within, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        while (!await isReady(cancellationToken))
        {
            if (Ends >= 3 || Stopwatch.GetElapsedTime(started) > within)
            {
                throw new InvalidOperationException($"{_name} {(Ends > 0 ? "ends as soon as it is started" : $"is not ready after {within.TotalSeconds:0} s")}. The end of {_log}: {string.Join(" | ", LastLines())}");
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), TimeProvider.System, cancellationToken);
        }

        _health.Healthy(_name);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _running;
        _stop.Dispose();
    }

    private async Task KeepRunningAsync()
    {
        var delay = FirstDelay;
        while (!_stop.IsCancellationRequested)
        {
            var started = Stopwatch.GetTimestamp();
            using var process = Start();
            if (await EndedAsync(process))
            {
                return;
            }

            Ends++;
            delay = Stopwatch.GetElapsedTime(started) > Steady ? FirstDelay : delay;
            _health.Degraded(_name, $"It ended with status {process.ExitCode} and is started again in {delay.TotalSeconds:0} s.");
            _logger.LogError("{Name} ended with status {Status} and is started again in {Delay} s. Its log is {Log}.", _name, process.ExitCode, delay.TotalSeconds, _log);
            await Task.Delay(delay, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            delay = delay * 2 < LongestDelay ? delay * 2 : LongestDelay;
        }
    }

    private Process Start()
    {
        string[] shell = ["/bin/sh", "-c", Keeper, "sh", _log, .. _command];
        string[] command = Processes.Find("setsid") is { } setsid ? [setsid, .. shell] : shell;
        var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardInput = true })
            ?? throw new InvalidOperationException($"{_name} did not start.");
        if (Ends > 0)
        {
            _health.Healthy(_name, $"It runs again; it has ended {Ends} times.");
        }

        return process;
    }

    /// <summary>True when it ended because it was asked to.</summary>
    private async Task<bool> EndedAsync(Process process)
    {
        try
        {
            await process.WaitForExitAsync(_stop.Token);
            return false;
        }
        catch (OperationCanceledException)
        {
            process.StandardInput.Close();
        }

        using var patience = new CancellationTokenSource(EndWithin);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _logger.LogWarning("{Name} did not end within {Time} s and is killed.", _name, EndWithin.TotalSeconds);
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }

        return true;
    }

    private string[] LastLines() => File.Exists(_log) ? [.. File.ReadLines(_log).TakeLast(5)] : ["(it wrote nothing)"];
}

using System.Diagnostics;
using System.Globalization;

namespace SmartCity.System.Tests.Hosting;

/// <summary>A data folder that goes when the test ends, with the Postgres that a killed system may have left on it.</summary>
internal sealed class TestData : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public string Path { get; } = Create();

    public string Below(params ReadOnlySpan<string> names) => global::System.IO.Path.Combine([Path, .. names]);

    /// <summary>A signal to the Postgres on this folder and to all of its processes.</summary>
    public async Task SignalPostgresAsync(string signal) =>
        await SignalAllAsync(signal, await PostgresAsync() ?? throw new InvalidOperationException($"No Postgres runs on {Path}."));

    public async ValueTask DisposeAsync()
    {
        var pid = PidFile;
        if (await PostgresAsync() is { } postgres)
        {
            await SignalAllAsync("CONT", postgres); // a test may have failed while it stood still
            await RunningSystem.SignalAsync("INT", postgres);
            var started = Stopwatch.GetTimestamp();
            while (File.Exists(pid))
            {
                Assert.True(Stopwatch.GetElapsedTime(started) < Longest, $"After {Longest} Postgres, process {postgres}, has still not ended.");
                await Task.Delay(50);
            }
        }

        for (var tries = 0; Directory.Exists(Path); tries++)
        {
            try
            {
                Directory.Delete(Path, recursive: true);
            }
            catch (IOException) when (tries < 20)
            {
                await Task.Delay(500); // a process of the system is still ending
            }
        }
    }

    // Started by root, Postgres runs as another user, who must be able to get there.
    private static string Create()
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-system-").FullName;
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        }

        return folder;
    }

    private static async Task SignalAllAsync(string signal, int postgres)
    {
        foreach (var process in (int[])[postgres, .. RunningSystem.ChildrenOf(postgres)])
        {
            await RunningSystem.SignalAsync(signal, process);
        }
    }

    private string PidFile => Below("postgres", "data", "postmaster.pid");

    private async Task<int?> PostgresAsync()
    {
        try
        {
            return (await File.ReadAllLinesAsync(PidFile)) is [var first, ..] && int.TryParse(first, CultureInfo.InvariantCulture, out var postgres) ? postgres : null;
        }
        catch (IOException) when (!File.Exists(PidFile))
        {
            return null;
        }
    }
}

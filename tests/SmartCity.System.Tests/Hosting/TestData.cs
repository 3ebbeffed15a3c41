using System.Diagnostics;
using System.Globalization;

namespace SmartCity.System.Tests.Hosting;

/// <summary>A data folder that goes when the test ends, with the Postgres that a killed system may have left on it.</summary>
internal sealed class TestData : IAsyncDisposable
{
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    public string Path { get; } = Directory.CreateTempSubdirectory("smartcity-system-").FullName;

    public string Below(params ReadOnlySpan<string> names) => global::System.IO.Path.Combine([Path, .. names]);

    public async ValueTask DisposeAsync()
    {
        var pid = Below("postgres", "data", "postmaster.pid");
        if (File.Exists(pid) && int.TryParse((await File.ReadAllLinesAsync(pid))[0], CultureInfo.InvariantCulture, out var postgres))
        {
            await RunningSystem.SignalAsync("INT", postgres);
            var started = Stopwatch.GetTimestamp();
            while (File.Exists(pid))
            {
                Assert.True(Stopwatch.GetElapsedTime(started) < Longest, $"After {Longest} Postgres, process {postgres}, has still not ended.");
                await Task.Delay(50);
            }
        }

        Directory.Delete(Path, recursive: true);
    }
}

using System.Diagnostics;

namespace SmartCity.Core.Ops;

/// <summary>CPU and memory of this process.</summary>
internal sealed class ProcessUsage(TimeProvider time)
{
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private long _at = time.GetTimestamp();
    private TimeSpan _cpu = Environment.CpuUsage.TotalTime;
    private double _percent;

    /// <summary>Percent of one core since the last question that was asked a second or more ago, and resident bytes.</summary>
    public (double CpuPercent, long ResidentBytes) Measure()
    {
        lock (_lock)
        {
            var elapsed = time.GetElapsedTime(_at);
            if (elapsed >= Shortest)
            {
                var cpu = Environment.CpuUsage.TotalTime;
                _percent = Math.Round(100 * (cpu - _cpu) / elapsed, 1);
                (_at, _cpu) = (time.GetTimestamp(), cpu);
            }

            using var process = Process.GetCurrentProcess();
            return (_percent, process.WorkingSet64);
        }
    }
}

using System.Runtime.InteropServices;
using SmartCity.Contracts;

namespace SmartCity.Edge.Clocks;

/// <summary>What Linux itself knows, whichever program keeps its clock: adjtimex(2), which <c>timedatectl</c> asks, too.</summary>
internal sealed partial class KernelClock : IClockSource
{
    private const int Unsynchronised = 0x0040;
    private const int Nanoseconds = 0x2000;

    public Task<ClockHeartbeat?> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(OperatingSystem.IsLinux() && Environment.Is64BitProcess ? Read() : null);

    private static ClockHeartbeat? Read()
    {
        var state = default(TimeState);
        try
        {
            if (AskKernel(ref state) < 0)
            {
                return null;
            }
        }
        catch (Exception e) when (e is DllNotFoundException or EntryPointNotFoundException)
        {
            return null; // another C library
        }

        return new ClockHeartbeat
        {
            Synchronised = (state.Status & Unsynchronised) == 0,
            OffsetMilliseconds = (state.Status & Unsynchronised) != 0 ? null : Math.Round(state.Offset / ((state.Status & Nanoseconds) != 0 ? 1e6 : 1e3), 3),
            Source = "kernel",
        };
    }

    [LibraryImport("libc", EntryPoint = "adjtimex")]
    private static partial int AskKernel(ref TimeState state);

    // struct timex; with no modes set it is only read.
    [StructLayout(LayoutKind.Explicit, Size = 208)]
    private struct TimeState
    {
        [FieldOffset(8)]
        public long Offset;

        [FieldOffset(40)]
        public int Status;
    }
}

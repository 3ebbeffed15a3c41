using SmartCity.Contracts;
using SmartCity.Edge.Clocks;

namespace SmartCity.Edge.Tests.Hosting;

/// <summary>A machine whose clock is as a test says: what synchronises a clock cannot run here.</summary>
internal sealed class SetClock(ClockHeartbeat? state) : IClockSource
{
    /// <summary>Null where nothing knows.</summary>
    public ClockHeartbeat? State { get; set; } = state;

    public Task<ClockHeartbeat?> ReadAsync(CancellationToken cancellationToken) => Task.FromResult(State);
}

using SmartCity.Contracts;

namespace SmartCity.Edge.Clocks;

/// <summary>Something on this machine that knows how far its clock is to be trusted.</summary>
internal interface IClockSource
{
    /// <summary>Null when it is not here, or does not answer.</summary>
    Task<ClockHeartbeat?> ReadAsync(CancellationToken cancellationToken);
}

using System.Globalization;
using SmartCity.Contracts;

namespace SmartCity.Edge.Clocks;

/// <summary>What chrony says, through <c>chronyc -c tracking</c>: its reference, how far the clock is from it, and whether it is followed.</summary>
internal sealed class ChronyClock : IClockSource
{
    private const string Program = "chronyc";
    private const int Name = 1;
    private const int Seconds = 4;
    private const int RootDelay = 10;
    private const int RootDispersion = 11;
    private const int Leap = 13;
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    public async Task<ClockHeartbeat?> ReadAsync(CancellationToken cancellationToken) =>
        await OtherProgram.AskAsync(Program, ["-n", "-c", "tracking"], Longest, cancellationToken) is { Said: var tracking } ? Read(tracking) : null;

    /// <param name="tracking">One line of values with commas between them; anything else when there is no chrony.</param>
    internal static ClockHeartbeat? Read(string tracking) =>
        tracking.Trim().Split(',') is { Length: > Leap } values && Number(values[Seconds]) is { } offset && Number(values[RootDelay]) is { } delay && Number(values[RootDispersion]) is { } dispersion
            ? values[Leap] == "Not synchronised"
                ? new ClockHeartbeat { Synchronised = false, Source = "chrony" }
                : new ClockHeartbeat { Synchronised = true, OffsetMilliseconds = Math.Round(1000 * offset, 3), UncertaintyMilliseconds = Math.Round(1000 * (dispersion + delay / 2), 3), Source = $"chrony, from {values[Name]}" }
            : null;

    private static double? Number(string text) => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : null;
}

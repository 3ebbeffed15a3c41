using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Hotlist;

/// <summary>
/// The hot-list in which this process looks plates up. A copy on the disk serves an edge that starts without a link; the file's time is when the core last
/// confirmed it. Thread-safe.
/// </summary>
internal sealed class HeldHotlist
{
    private static readonly Gauge<long> Entries = Telemetry.Meter.CreateGauge<long>("smartcity.edge.hotlist.entries", "{entry}", "Entries of the hot-list that the edge holds.");
    private static readonly Gauge<double> AgeSeconds = Telemetry.Meter.CreateGauge<double>("smartcity.edge.hotlist.age", "s", "Time since the core last confirmed the edge's hot-list.");

    private readonly string _file;
    private readonly TimeProvider _time;
    private volatile Held _held;

    public HeldHotlist(IOptions<EdgeOptions> options, IOptions<HotlistOptions> hotlist, IOptions<ConfigurationOptions> core, TimeProvider time, ILogger<HeldHotlist> logger)
    {
        _time = time;
        _file = Path.Combine(options.Value.SpoolPath, "hotlist.list");
        IsWanted = hotlist.Value.Enabled && core.Value.Address is not null;
        if (!IsWanted)
        {
            Forget(logger);
        }

        _held = IsWanted ? Read(_file, logger) : Held.Nothing;
    }

    /// <summary>Whether this edge holds a hot-list at all. If not, there is none on its disk either.</summary>
    public bool IsWanted { get; }

    public EdgeHotlist List => _held.List;

    /// <summary>When the core last confirmed the list; null if it never did.</summary>
    public DateTimeOffset? At => _held.At;

    /// <summary>Time since the core last confirmed the list; null if it never did.</summary>
    public TimeSpan? Age => _time.GetUtcNow() - _held.At;

    /// <summary>Uses a new list from the core, even if it cannot be written to the disk.</summary>
    /// <exception cref="IOException">The list could not be written to the disk.</exception>
    public void Take(EdgeHotlist list)
    {
        try
        {
            Keep(list);
        }
        finally
        {
            _held = new Held(list, _time.GetUtcNow());
        }

        Confirm();
    }

    /// <summary>The core says that the list has not changed.</summary>
    /// <exception cref="IOException">The file's time could not be set.</exception>
    public void Confirm()
    {
        var now = _time.GetUtcNow();
        _held = _held with { At = now };
        if (!File.Exists(_file))
        {
            Keep(List);
        }

        File.SetLastWriteTimeUtc(_file, now.UtcDateTime);
    }

    public void Measure()
    {
        Entries.Record(List.Count);
        if (Age is { } age)
        {
            AgeSeconds.Record(age.TotalSeconds);
        }
    }

    private void Keep(EdgeHotlist list) => PrivateFile.Write(_file, stream => stream.Write(list.Bytes.Span));

    private void Forget(ILogger logger)
    {
        try
        {
            if (File.Exists(_file))
            {
                File.Delete(_file);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            logger.LogError("This edge must not hold a hot-list, but {File} cannot be deleted. Delete it by hand. {Error}", _file, e.Message);
        }
    }

    // A damaged file costs only the time until the core sends the list again.
    private static Held Read(string file, ILogger logger)
    {
        try
        {
            return File.Exists(file) ? new Held(EdgeHotlist.Read(File.ReadAllBytes(file)), File.GetLastWriteTimeUtc(file)) : Held.Nothing;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            logger.LogError("The hot-list in {File} cannot be used. The edge has no hot-list until the core sends it again. {Error}", file, e.Message);
            return Held.Nothing;
        }
    }

    private sealed record Held(EdgeHotlist List, DateTimeOffset? At)
    {
        public static Held Nothing { get; } = new(EdgeHotlist.Empty, null);
    }
}

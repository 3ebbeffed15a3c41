using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Hotlist;

/// <summary>
/// The hot-list that this process looks plates up in, and the same on its disk: an edge that starts without a link has it. The file's time is when
/// the core last said that it holds. Thread-safe.
/// </summary>
internal sealed class HeldHotlist
{
    private static readonly Gauge<long> Entries = Telemetry.Meter.CreateGauge<long>("smartcity.edge.hotlist.entries", "{entry}", "Entries of the hot-list that the edge holds.");
    private static readonly Gauge<double> AgeSeconds = Telemetry.Meter.CreateGauge<double>("smartcity.edge.hotlist.age", "s", "Since the core last said that the edge's hot-list holds.");

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

    /// <summary>Whether this edge is to hold a hot-list at all; one that is not has none on its disk either.</summary>
    public bool IsWanted { get; }

    public EdgeHotlist List => _held.List;

    /// <summary>When the core last said that this is the list; null until it did.</summary>
    public DateTimeOffset? At => _held.At;

    /// <summary>Since then; null when it never did.</summary>
    public TimeSpan? Age => _time.GetUtcNow() - _held.At;

    /// <summary>The core gave another list. It counts, even when the disk does not take it.</summary>
    /// <exception cref="IOException">It is not on the disk.</exception>
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

    /// <summary>The core says that nothing has changed.</summary>
    /// <exception cref="IOException">The disk does not know.</exception>
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
            logger.LogError("The edge is to hold no hot-list and {File} cannot be deleted; delete it: {Error}", _file, e.Message);
        }
    }

    // What is damaged costs nothing but the time until the core gives it again.
    private static Held Read(string file, ILogger logger)
    {
        try
        {
            return File.Exists(file) ? new Held(EdgeHotlist.Read(File.ReadAllBytes(file)), File.GetLastWriteTimeUtc(file)) : Held.Nothing;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            logger.LogError("The hot-list in {File} cannot be used and the edge holds none until the core gives it again: {Error}", file, e.Message);
            return Held.Nothing;
        }
    }

    private sealed record Held(EdgeHotlist List, DateTimeOffset? At)
    {
        public static Held Nothing { get; } = new(EdgeHotlist.Empty, null);
    }
}

using System.Globalization;
using Spectre.Console;

namespace SmartCity.Bench.Pipeline;

/// <summary>A tenth of the time.</summary>
/// <param name="Minute">When it ended.</param>
/// <param name="Waiting">Sent and not yet stored, at its end.</param>
/// <param name="WalBytes">Of the write-ahead log, for each sighting stored.</param>
/// <param name="CoreMicroseconds">Processor time for each sighting stored, as the next.</param>
/// <param name="BenchMicroseconds">Of this program, which is the traffic and Kafka, for each sighting sent.</param>
/// <param name="CoreResidentBytes">Of the core's process, at its end.</param>
/// <param name="Entries">Of the hot-list, which the core held at its end.</param>
/// <param name="ReadingSeconds">How long the core last took to read the whole hot-list while it ran; null before the first time.</param>
internal sealed record HeldSlice(
    double Minute, double SentPerSecond, double StoredPerSecond, long Waiting, double WalBytes, double CoreMicroseconds, double PostgresMicroseconds, double BenchMicroseconds, long CoreResidentBytes, long Entries, double? ReadingSeconds)
{
    /// <summary>Milliseconds from capture to stored, of what was captured in it.</summary>
    public double StoredP50 { get; init; }

    public double StoredP99 { get; init; }

    public long Alerts { get; init; }

    /// <summary>Milliseconds from capture to alert, of what was captured in it.</summary>
    public double AlertP99 { get; init; }
}

/// <param name="CaughtUpSeconds">From the end of the time until all was stored.</param>
/// <param name="HeldBackSeconds">How long nothing was sent because too much waited for the in-process Kafka to keep it.</param>
/// <param name="SameIds">Whether what was stored are the ids that were sent.</param>
/// <param name="CoreHighestBytes">The most that the core's process was resident with.</param>
internal sealed record HeldFigures(
    double Minutes, IReadOnlyList<HeldSlice> Slices, IReadOnlyList<double> ReadingSeconds, long MostWaiting, double CaughtUpSeconds, double HeldBackSeconds, long Sent, long Stored, bool SameIds, long CoreHighestBytes)
{
    public int Rate { get; init; }

    public int Stations { get; init; }

    public int Vehicles { get; init; }

    public int Entries { get; init; }

    /// <summary>How long it took to put the entries into Postgres.</summary>
    public double MakingSeconds { get; init; }

    /// <summary>From the start of the core until it was ready, the hot-list loaded.</summary>
    public double StartSeconds { get; init; }

    /// <summary>Processor time to make up a sighting and write its record.</summary>
    public double TrafficMicroseconds { get; init; }

    public bool IsWhole => Sent == Stored && SameIds;

    public void Print()
    {
        var passed = new Table().AddColumns("minute", "sent/s", "stored/s", "waiting", "stored p50 / p99 ms", "alerts", "alert p99 ms");
        var spent = new Table().AddColumns("minute", "WAL B", "core µs", "Postgres µs", "bench µs", "core MB", "entries M", "read s");
        foreach (var s in Slices)
        {
            passed.AddRow(N(s.Minute, 1), N(s.SentPerSecond), N(s.StoredPerSecond), N(s.Waiting), $"{N(s.StoredP50)} / {N(s.StoredP99)}", N(s.Alerts), N(s.AlertP99));
            spent.AddRow(
                N(s.Minute, 1), N(s.WalBytes), N(s.CoreMicroseconds), N(s.PostgresMicroseconds), N(s.BenchMicroseconds), N(s.CoreResidentBytes / 1e6), N(s.Entries / 1e6, 2), s.ReadingSeconds is { } seconds ? N(seconds, 1) : "");
        }

        AnsiConsole.Write(passed);
        AnsiConsole.Write(spent);
        var total = new Table().AddColumns($"{N(Minutes, 1)} minutes at {N(Rate)}/s, {N(Stations)} stations, {N(Vehicles)} vehicles", "");
        total.AddRow("sightings sent", N(Sent));
        total.AddRow("sightings stored", $"{N(Stored)}, {(IsWhole ? "the same ids" : "not the same ids")}");
        total.AddRow("the most that waited", N(MostWaiting));
        total.AddRow("seconds until all was stored, after the last slice", N(CaughtUpSeconds, 1));
        total.AddRow("seconds in which nothing was sent because too much waited", N(HeldBackSeconds, 1));
        total.AddRow("µs of processor time to make up a sighting", N(TrafficMicroseconds, 1));
        total.AddRow($"seconds to put {N(Entries)} entries into Postgres", N(MakingSeconds, 1));
        total.AddRow("seconds from the start of the core until it was ready", N(StartSeconds, 1));
        total.AddRow("seconds to read the whole hot-list again, each time", string.Join(", ", ReadingSeconds.Select(s => N(s, 1))));
        total.AddRow("MB of the core's process, at the highest", N(CoreHighestBytes / 1e6));
        AnsiConsole.Write(total);

        static string N(double value, int digits = 0) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);
    }
}

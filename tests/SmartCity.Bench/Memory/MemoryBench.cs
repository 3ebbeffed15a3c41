using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Npgsql;
using SmartCity.AllInOne.Commands;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Cities;

namespace SmartCity.Bench.Memory;

/// <summary><c>bench memory</c>: what <c>smartcity run</c> holds with the demo city and its simulated cameras. The baseline is the same city without a camera, at the same time.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class MemoryBench
{
    private const double Megabyte = 1 << 20;
    private static readonly TimeSpan LongestWarmUp = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan ShortestStep = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestStep = TimeSpan.FromMinutes(1);

    public static Command Create()
    {
        var length = new Option<TimeSpan?>("--for") { Description = "How long it is watched once it is ready: 90s, 10m, 2h.", HelpName = "DURATION", DefaultValueFactory = _ => TimeSpan.FromMinutes(10), CustomParser = RunOptions.Duration };
        var speed = new Option<double>("--speed") { Description = "How many times faster than life the simulated cameras go.", HelpName = "N", DefaultValueFactory = _ => 1 };
        var json = new Option<bool>("--json") { Description = "Figures and samples as JSON on stdout." };
        var command = new Command("memory", "The whole system with the demo city: memory resident, managed and native, threads, handles, growth an hour.") { length, speed, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (!OperatingSystem.IsLinux())
            {
                await Console.Error.WriteLineAsync("bench memory reads /proc, which only Linux has.");
                return 1;
            }

            var figures = await RunAsync(parse.GetValue(length)!.Value, parse.GetValue(speed), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    private static async Task<MemoryFigures[]> RunAsync(TimeSpan length, double speed, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            var empty = Path.Combine(folder, "empty.json");
            await File.WriteAllTextAsync(empty, CityProcess.WithoutCameras(City.Load(null)), cancellationToken);
            return await Task.WhenAll(
                WatchAsync("demo city", Path.Combine(folder, "demo"), ["--speed", speed.ToString(CultureInfo.InvariantCulture)], length, cancellationToken),
                WatchAsync("no cameras", Path.Combine(folder, "empty"), ["--city", empty], length, cancellationToken));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<MemoryFigures> WatchAsync(string name, string folder, string[] options, TimeSpan length, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        var heap = Path.Combine(folder, "heap");
        await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
        var environment = new Dictionary<string, string>
        {
            ["DOTNET_STARTUP_HOOKS"] = typeof(MemoryBench).Assembly.Location,
            [HeapFile.Variable] = heap,
            ["ConnectionStrings__postgres"] = postgres.ConnectionString,
            ["Core__DemoRegistry"] = "true",
        };
        await using var city = await CityProcess.StartAsync(["--data", folder, .. options], environment, cancellationToken);
        await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
        var samples = new List<MemorySample>();
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        var (before, step) = (await StoredAsync(data, cancellationToken), Step(length));
        while (time.GetElapsedTime(started) < length)
        {
            await Task.Delay(step, time, cancellationToken);
            var sightings = await StoredAsync(data, cancellationToken) - before;
            var sample = MemorySample.Of(city.Id, time.GetElapsedTime(started), HeapFile.Read(heap), sightings) ?? throw new InvalidOperationException($"The city ended ({name}).");
            samples.Add(sample);
            await Console.Error.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{TimeSpan.FromSeconds(Math.Round(sample.Seconds)):hh\\:mm\\:ss} {name}: {sample.Resident / Megabyte:0} MB resident, {sample.HeapCommitted / Megabyte:0} managed, {sample.Native / Megabyte:0} native, {sample.Threads} threads, {sample.Handles} handles, {sample.Sightings} sightings"));
        }

        return MemoryFigures.Of(name, samples, TimeSpan.FromTicks(Math.Min(LongestWarmUp.Ticks, length.Ticks / 3)));
    }

    private static TimeSpan Step(TimeSpan length) => TimeSpan.FromTicks(Math.Clamp(length.Ticks / 60, ShortestStep.Ticks, LongestStep.Ticks));

    private static async Task<long> StoredAsync(NpgsqlDataSource data, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand("select coalesce(sum(stored), 0)::bigint from station_totals");
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static void Print(MemoryFigures[] figures)
    {
        var minutes = figures[0].Samples[^1].Seconds / 60;
        FigureTable.Write(
            string.Create(CultureInfo.InvariantCulture, $"MB, {minutes:0} minutes after it was ready"), figures, f => f.Name,
            ("resident", f => f.Last.Resident / Megabyte, 0), ("at its highest", f => f.Samples.Max(s => s.Resident) / Megabyte, 0), ("growth an hour", f => f.GrowthAnHour / Megabyte, 0),
            ("managed heap", f => f.Last.HeapCommitted / Megabyte, 0), ("  in use", f => (f.Last.HeapUsed - f.Last.HeapFragmented) / Megabyte, 0),
            ("native", f => f.Last.Native / Megabyte, 0), ("programs and code", f => f.Last.Files / Megabyte, 0),
            ("threads", f => f.Last.Threads, 0), ("handles", f => f.Last.Handles, 0), ("sightings stored", f => f.Last.Sightings, 0));
    }
}

/// <param name="GrowthAnHour">Bytes, fitted to the samples after the warm-up; null when there are too few.</param>
/// <param name="WarmUpSeconds">What is compiled, cached and filled once is no growth.</param>
internal sealed record MemoryFigures(string Name, double? GrowthAnHour, double WarmUpSeconds, IReadOnlyList<MemorySample> Samples)
{
    [System.Text.Json.Serialization.JsonIgnore]
    public MemorySample Last => Samples[^1];

    public static MemoryFigures Of(string name, IReadOnlyList<MemorySample> samples, TimeSpan warmUp) =>
        new(name, MemorySample.Growth([.. samples.Where(s => s.Seconds > warmUp.TotalSeconds)]), warmUp.TotalSeconds, samples);
}

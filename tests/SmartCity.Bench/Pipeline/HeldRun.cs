using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Bench.Live;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;

namespace SmartCity.Bench.Pipeline;

/// <summary>
/// <c>bench pipeline --held</c>: a core, as a process of its own, takes sightings at a steady rate for long, with a large hot-list that it reads again every few
/// minutes. Kafka is the in-process broker: what is stored is removed from it, so it holds a run of any length.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal sealed class HeldRun(NpgsqlDataSource data, string kafka, ServiceProcess core, HeldSender sender, HeldHotlist hotlist, int postgres)
{
    private const int Slices = 10;
    private const int Readings = 6;
    private const string Key = "a key of the bench that may look at the state";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan LongestBetweenReadings = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Stalled = TimeSpan.FromMinutes(1);

    private readonly List<Slice> _slices = [];
    private long _mostWaiting;

    public static async Task<HeldFigures> RunAsync(TimeSpan length, int rate, int entries, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        // Postgres never runs as root. What its own user stores shall lie here all the same, and go with the rest.
        File.SetUnixFileMode(folder, File.GetUnixFileMode(folder) | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        try
        {
            var traffic = new HeldTraffic(rate);
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            await Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, cancellationToken);
            await using var data = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(postgres.ConnectionString) { CommandTimeout = 0 }.ConnectionString);
            await Console.Error.WriteLineAsync($"Registering {traffic.Vehicles} vehicles …");
            await traffic.RegisterAsync(data, cancellationToken);
            await Console.Error.WriteLineAsync($"Making {entries} entries of the hot-list …");
            var started = Stopwatch.GetTimestamp();
            await HeldHotlist.MakeAsync(data, entries, traffic.Listed, cancellationToken);
            var making = Stopwatch.GetElapsedTime(started);
            string[] stations = [.. traffic.City.Stations.Select(s => s.Id)];
            using var broker = new InProcessBroker([.. stations.Select(s => (Topics.Mirrored(s, Topics.Sightings), 1)), (Topics.DeadLetters, 1), (Topics.Alerts, 1)]);
            var city = Path.Combine(folder, "city.json");
            await File.WriteAllTextAsync(city, JsonSerializer.Serialize(traffic.City, ContractsJson.Default.City), cancellationToken);
            await using var core = Core(folder, city, postgres.ConnectionString, broker.BootstrapServers);
            await Console.Error.WriteLineAsync("Starting the core …");
            started = Stopwatch.GetTimestamp();
            core.Start();
            await core.WhenReadyAsync(cancellationToken, ReadyWithin);
            var starting = Stopwatch.GetElapsedTime(started);
            using var http = new HttpClient { BaseAddress = core.Address, Timeout = TimeSpan.FromSeconds(10) };
            http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", Key);
            using var sender = new HeldSender(broker.BootstrapServers, stations);
            var run = new HeldRun(data, broker.BootstrapServers, core, sender, new HeldHotlist(data, http), CpuMeter.Parent(await PipelineBench.ScalarAsync<int>(data, "select pg_backend_pid()", cancellationToken)));
            var figures = await run.HoldAsync(traffic, length, cancellationToken);
            await core.StopAsync();
            return figures with { Rate = rate, Stations = stations.Length, Vehicles = traffic.Vehicles, Entries = entries, MakingSeconds = making.TotalSeconds, StartSeconds = starting.TotalSeconds, TrafficMicroseconds = traffic.Microseconds() };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static ServiceProcess Core(string folder, string city, string postgres, string kafka) => new("SmartCity.Core", "core", folder, new Dictionary<string, string>
    {
        ["ConnectionStrings:postgres"] = postgres,
        ["ConnectionStrings:core-kafka"] = kafka,
        ["ConnectionStrings:objects"] = Path.Combine(folder, "objects"),
        ["Core:CityFile"] = city,
        ["Core:Secrets:KeyFile"] = Path.Combine(folder, "core-secret"),
        ["Core:Access:ServiceKeys:bench:Name"] = "bench",
        ["Core:Access:ServiceKeys:bench:Key"] = Key,
        ["Core:Access:ServiceKeys:bench:Scopes:0"] = Scope.OpsRead,
    });

    private async Task<HeldFigures> HoldAsync(HeldTraffic traffic, TimeSpan length, CancellationToken cancellationToken)
    {
        await hotlist.LookAsync(cancellationToken);
        var from = TimeProvider.System.GetUtcNow();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var sending = Task.Run(() => sender.RunAsync(traffic.From(from).TakeWhile(s => s.CapturedAt < from + length), ending.Token), ending.Token);
        var reading = ReadAgainAsync(from + length, TimeSpan.FromTicks(Math.Min(length.Ticks / Readings, LongestBetweenReadings.Ticks)), ending.Token);
        TimeSpan caughtUp;
        try
        {
            caughtUp = await WatchAsync(from, length, sending, reading, cancellationToken);
        }
        catch
        {
            await ending.CancelAsync();
            await Task.WhenAll(sending, reading).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            throw;
        }

        await sending;
        await reading;
        return await FiguresAsync(from, length, caughtUp, cancellationToken);
    }

    private async Task ReadAgainAsync(DateTimeOffset until, TimeSpan every, CancellationToken cancellationToken)
    {
        using var clock = new PeriodicTimer(every);
        while (await clock.WaitForNextTickAsync(cancellationToken) && TimeProvider.System.GetUtcNow() + every / 2 < until)
        {
            await hotlist.ReadAgainAsync(cancellationToken);
        }
    }

    /// <summary>Until all is stored that was sent, or until nothing is stored any more.</summary>
    /// <returns>How long that took after the time was over.</returns>
    private async Task<TimeSpan> WatchAsync(DateTimeOffset from, TimeSpan length, Task sending, Task reading, CancellationToken cancellationToken)
    {
        var (started, changed) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp());
        var last = await SpentAsync(cancellationToken);
        using var clock = new PeriodicTimer(Look);
        while (await clock.WaitForNextTickAsync(cancellationToken))
        {
            var before = sender.Stored;
            await LookAsync(cancellationToken);
            changed = sender.Stored > before ? Stopwatch.GetTimestamp() : changed;
            if (_slices.Count < Slices && Stopwatch.GetElapsedTime(started) >= length / Slices * (_slices.Count + 1))
            {
                last = await CloseAsync(last, from, cancellationToken);
            }

            var isStalled = sender.Stored < sender.Sent && Stopwatch.GetElapsedTime(changed) > Stalled;
            if (_slices.Count == Slices && sending.IsCompleted && (sender.Stored >= sender.Sent || isStalled))
            {
                return Stopwatch.GetElapsedTime(started) - length;
            }

            if (isStalled && !sending.IsCompleted)
            {
                throw new InvalidOperationException($"The core has stored nothing for {Stalled.TotalMinutes:0} minute, and {sender.Sent - sender.Stored} sightings wait. Its last lines: {LastLines()}");
            }

            await (sending.IsFaulted ? sending : reading.IsFaulted ? reading : Task.CompletedTask);
            if (core.HasExited)
            {
                throw new InvalidOperationException($"The core has ended: {LastLines()}");
            }
        }

        throw new UnreachableException();
    }

    // Also has the broker forget what is stored: it would keep it in memory, and look through all of it for the next.
    private async Task LookAsync(CancellationToken cancellationToken)
    {
        sender.Stored = await PipelineBench.ScalarAsync<long>(data, "select coalesce(sum(stored), 0)::bigint from station_totals", cancellationToken);
        _mostWaiting = Math.Max(_mostWaiting, sender.Sent - sender.Stored);
        await using var positions = data.CreateCommand("select topic, partition, next_offset from consumer_positions where consumer_group = $1");
        positions.Parameters.Add(new() { Value = ConsumerGroups.Ingest });
        await using var reader = await positions.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            InProcessBroker.Forget(kafka, new TopicPartitionOffset(reader.GetString(0), reader.GetInt32(1), reader.GetInt64(2)));
        }
    }

    private async Task<Spent> CloseAsync(Spent last, DateTimeOffset from, CancellationToken cancellationToken)
    {
        await hotlist.LookAsync(cancellationToken);
        var now = await SpentAsync(cancellationToken);
        var (seconds, stored) = ((now.At - last.At).TotalSeconds, Math.Max(1.0, now.Stored - last.Stored));
        _slices.Add(new Slice(last.At, new HeldSlice(
            (now.At - from).TotalMinutes, (now.Sent - last.Sent) / seconds, (now.Stored - last.Stored) / seconds, now.Sent - now.Stored,
            (now.Wal - last.Wal) / stored, (now.Core - last.Core) * 1e6 / stored, (now.Postgres - last.Postgres) * 1e6 / stored, (now.Bench - last.Bench) * 1e6 / Math.Max(1, now.Sent - last.Sent),
            Resident("VmRSS"), hotlist.Held, hotlist.Seconds.Count == 0 ? null : hotlist.Seconds[^1])));
        var figures = _slices[^1].Figures;
        await Console.Error.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{figures.Minute:0.0} minutes: {now.Sent} sent, {now.Stored} stored, {figures.Waiting} wait; {figures.CoreResidentBytes / 1e6:0} MB; hot-list read again {hotlist.Seconds.Count} times."));
        return now;
    }

    private async Task<Spent> SpentAsync(CancellationToken cancellationToken) => new(
        TimeProvider.System.GetUtcNow(), sender.Sent, sender.Stored, (double)await PipelineBench.ScalarAsync<decimal>(data, "select pg_current_wal_insert_lsn() - '0/0'", cancellationToken),
        CpuMeter.Of(core.Id), CpuMeter.OfAll(postgres), CpuMeter.OfThis());

    // What is asked of all sightings is asked at the end, when it is in nobody's way.
    private async Task<HeldFigures> FiguresAsync(DateTimeOffset from, TimeSpan length, TimeSpan caughtUp, CancellationToken cancellationToken)
    {
        var stored = await TimesAsync("sightings", "stored_at", cancellationToken);
        var alerts = await TimesAsync("alerts", "raised_at", cancellationToken);
        var (count, ids) = (await PipelineBench.ScalarAsync<long>(data, "select count(*) from sightings", cancellationToken), await PipelineBench.ScalarAsync<long>(data, "select coalesce(sum(('x' || right(id::text, 8))::bit(32)::bigint), 0)::bigint from sightings", cancellationToken));
        HeldSlice[] slices = [.. _slices.Select((s, i) => s.Figures with
        {
            StoredP50 = stored.GetValueOrDefault(i).P50,
            StoredP99 = stored.GetValueOrDefault(i).P99,
            Alerts = alerts.GetValueOrDefault(i).Count,
            AlertP99 = alerts.GetValueOrDefault(i).P99,
        })];
        return new HeldFigures(
            length.TotalMinutes, slices, hotlist.Seconds, _mostWaiting, Math.Max(0, caughtUp.TotalSeconds), sender.HeldBack.TotalSeconds, sender.Sent, count, ids == sender.Ids, Resident("VmHWM"));
    }

    /// <summary>Of each slice, by what was captured in it: how many, and milliseconds from capture to another time.</summary>
    private async Task<Dictionary<int, (long Count, double P50, double P99)>> TimesAsync(string table, string time, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            $"""
            select width_bucket(captured_at, $1) - 1, count(*), percentile_cont(0.5) within group (order by ms), percentile_cont(0.99) within group (order by ms)
            from (select captured_at, extract(epoch from {time} - captured_at)::float8 * 1000 as ms from {table}) as t group by 1
            """);
        command.Parameters.Add(new() { Value = _slices.Select(s => s.From).ToArray() });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var times = new Dictionary<int, (long, double, double)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            times[reader.GetInt32(0)] = (reader.GetInt64(1), reader.GetDouble(2), reader.GetDouble(3));
        }

        return times;
    }

    private string LastLines() => string.Join('\n', File.ReadLines(core.Log).TakeLast(20));

    private long Resident(string name) => 1024 * long.Parse(File.ReadLines($"/proc/{core.Id}/status").First(l => l.StartsWith(name, StringComparison.Ordinal)).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);

    /// <summary>What had come, and what it had cost in bytes of write-ahead log and seconds of processor time.</summary>
    private readonly record struct Spent(DateTimeOffset At, long Sent, long Stored, double Wal, double Core, double Postgres, double Bench);

    private sealed record Slice(DateTimeOffset From, HeldSlice Figures);
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.AllInOne.Commands;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Bench.Live;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using SmartCity.Core;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults;
using Spectre.Console;

namespace SmartCity.Bench.Pipeline;

/// <summary>
/// <c>bench pipeline</c>: from the core Kafka to Postgres with everything that a sighting sets off, Postgres on the same machine. The baseline
/// stores the same records one statement, one transaction a record. With <c>--held</c> it is <see cref="HeldRun"/> instead.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class PipelineBench
{
    private const int PartitionsPerStation = 4;

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Sightings of the throughput run.", DefaultValueFactory = _ => 60_000 };
        var rate = new Option<int>("--rate") { Description = "Sightings a second of the latency run, or of the held one.", DefaultValueFactory = _ => 500 };
        var seconds = new Option<int>("--seconds") { Description = "Length of the latency run.", DefaultValueFactory = _ => 20 };
        var held = new Option<TimeSpan?>("--held") { Description = "Hold the rate for so long instead, such as 30m, and show each tenth of the time.", HelpName = "DURATION", CustomParser = RunOptions.Duration };
        var entries = new Option<int>("--entries") { Description = "Exact entries of the hot-list that are held meanwhile.", DefaultValueFactory = _ => 1_000_000 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("pipeline", "Core Kafka to Postgres: sightings a second, and milliseconds from capture to stored and to alert.") { count, rate, seconds, held, entries, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (parse.GetValue(held) is { } length)
            {
                return await HoldAsync(length, parse.GetValue(rate), parse.GetValue(entries), parse.GetValue(json), cancellationToken);
            }

            var figures = await RunAsync(parse.GetValue(count), parse.GetValue(rate), parse.GetValue(seconds), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    private static async Task<int> HoldAsync(TimeSpan length, int rate, int entries, bool json, CancellationToken cancellationToken)
    {
        var figures = await HeldRun.RunAsync(length, rate, entries, cancellationToken);
        Figures.Show(json, figures, () => figures.Print());

        return figures.IsWhole ? 0 : 1;
    }

    private static async Task<PipelineFigures> RunAsync(int count, int rate, int seconds, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        var city = City.Load(null);
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            using var broker = new InProcessBroker([
                .. city.Stations.Select(s => (Topics.Mirrored(s.Id, Topics.Sightings), PartitionsPerStation)),
                (Topics.DeadLetters, 1),
                (Topics.Alerts, 1)]);
            await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
            await using var app = Build(postgres.ConnectionString, broker.BootstrapServers, folder);

            // The records lie in Kafka before the core starts: what is measured is the core and Postgres alone.
            var now = TimeProvider.System.GetUtcNow();
            var traffic = DemoTraffic.Sightings(city, 1, now.AddMinutes(-10), count / 600.0).Take(count).ToList();
            using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = broker.BootstrapServers, LingerMs = 5 }).Build();
            traffic.ForEach(s => Send(producer, s));
            producer.Flush(cancellationToken);

            await app.StartAsync(cancellationToken);
            await app.Services.GetRequiredService<DatabaseStartup>().Ready;
            var throughput = await ThroughputAsync(data, count, cancellationToken);
            var latency = await LatencyAsync(data, producer, city, rate, seconds, cancellationToken);
            await app.StopAsync(cancellationToken);
            var baseline = await BaselineAsync(data, traffic, cancellationToken);
            return new PipelineFigures(count, throughput.PerSecond, throughput.WalBytes, throughput.CoreMicroseconds, throughput.PostgresMicroseconds, baseline, rate, latency.Stored, latency.StoredP50, latency.StoredP99, latency.Alerts, latency.AlertP50, latency.AlertP99);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static WebApplication Build(string postgres, string kafka, string folder)
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.SetMinimumLevel(LogLevel.Error);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["ConnectionStrings:postgres"] = postgres,
            ["ConnectionStrings:core-kafka"] = kafka,
            ["ConnectionStrings:objects"] = Path.Combine(folder, "objects"),
            ["Core:Secrets:KeyFile"] = Path.Combine(folder, "core-secret"),
            ["Core:DemoRegistry"] = "true",
            ["urls"] = "http://127.0.0.1:0",
        });
        builder.AddServiceDefaults();
        builder.AddCore();
        return builder.Build();
    }

    private static void Send(IProducer<byte[], byte[]> producer, Sighting sighting) => producer.Produce(Topics.Mirrored(sighting.StationId, Topics.Sightings), SimulatedRecord.Of(sighting));

    /// <summary>Sightings a second from the first batch stored to the last, and what each of them cost.</summary>
    private static async Task<Throughput> ThroughputAsync(NpgsqlDataSource data, int count, CancellationToken cancellationToken)
    {
        long first = 0, started = 0;
        var postgres = CpuMeter.Parent(await ScalarAsync<int>(data, "select pg_backend_pid()", cancellationToken));
        var before = default(Spent);
        while (true)
        {
            var stored = await ScalarAsync<long>(data, "select coalesce(sum(stored), 0)::bigint from station_totals", cancellationToken);
            if (started == 0 && stored > 0)
            {
                (first, started) = (stored, Stopwatch.GetTimestamp());
                before = await SpentAsync(data, postgres, cancellationToken);
            }

            if (stored >= count)
            {
                var seconds = Stopwatch.GetElapsedTime(started).TotalSeconds;
                var (after, all) = (await SpentAsync(data, postgres, cancellationToken), (double)(stored - first));
                return new Throughput(all / seconds, (after.Wal - before.Wal) / all, (after.Core - before.Core) * 1e6 / all, (after.Postgres - before.Postgres) * 1e6 / all);
            }

            await Task.Delay(20, cancellationToken);
        }
    }

    private static async Task<Spent> SpentAsync(NpgsqlDataSource data, int postgres, CancellationToken cancellationToken) =>
        new((double)await ScalarAsync<decimal>(data, "select pg_current_wal_insert_lsn() - '0/0'", cancellationToken), CpuMeter.OfThis(), CpuMeter.OfTree(postgres));

    private static async Task<Latencies> LatencyAsync(NpgsqlDataSource data, IProducer<byte[], byte[]> producer, City city, int rate, int seconds, CancellationToken cancellationToken)
    {
        var from = TimeProvider.System.GetUtcNow();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var sent = 0;
        foreach (var sighting in DemoTraffic.Sightings(city, 2, from, rate).Take(rate * seconds))
        {
            // A sighting is sent when its time has come.
            while (TimeProvider.System.GetUtcNow() < sighting.CapturedAt)
            {
                await tick.WaitForNextTickAsync(cancellationToken);
            }

            Send(producer, sighting);
            sent++;
        }

        while (await ScalarAsync<long>(data, "select count(*) from sightings where captured_at >= $1", cancellationToken, from) < sent)
        {
            await Task.Delay(20, cancellationToken);
        }

        const string quantiles = "coalesce(percentile_cont(0.5) within group (order by ms), 0), coalesce(percentile_cont(0.99) within group (order by ms), 0)";
        var stored = await RowAsync(data, $"select count(*), {quantiles} from (select extract(epoch from stored_at - captured_at)::float8 * 1000 as ms from sightings where captured_at >= $1) as s", from, cancellationToken);
        var alerts = await ScalarAsync<bool>(data, "select to_regclass('alerts') is not null", cancellationToken)
            ? await RowAsync(data, $"select count(*), {quantiles} from (select extract(epoch from raised_at - captured_at)::float8 * 1000 as ms from alerts where captured_at >= $1) as a", from, cancellationToken)
            : (0, 0, 0);
        return new Latencies(stored.Count, stored.P50, stored.P99, alerts.Count, alerts.P50, alerts.P99);
    }

    private static async Task<double> BaselineAsync(NpgsqlDataSource data, List<Sighting> traffic, CancellationToken cancellationToken)
    {
        const int rows = 3_000;
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        await using (var create = new NpgsqlCommand("create table one_by_one (like sightings including defaults including constraints including indexes)", connection))
        {
            await create.ExecuteNonQueryAsync(cancellationToken);
        }

        var started = Stopwatch.GetTimestamp();
        foreach (var s in traffic.Take(rows))
        {
            await using var insert = new NpgsqlCommand(
                """
                insert into one_by_one (id, captured_at, station_id, camera_id, plate, confidence, characters, frames, box, topic, partition, record_offset, stored_at)
                values ($1, $2, $3, $4, $5, $6, '{}', $7, '{}', $3, 0, 0, now()) on conflict do nothing
                """,
                connection)
            {
                Parameters =
                {
                    new() { Value = s.Id }, new() { Value = s.CapturedAt }, new() { Value = s.StationId }, new() { Value = s.CameraId },
                    new() { Value = (object?)s.Plate ?? DBNull.Value }, new() { Value = s.Confidence }, new() { Value = s.Frames },
                },
            };
            await insert.ExecuteNonQueryAsync(cancellationToken);
        }

        return Math.Min(rows, traffic.Count) / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    internal static async Task<T> ScalarAsync<T>(NpgsqlDataSource data, string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = data.CreateCommand(sql);
        command.Parameters.AddRange(parameters.Select(p => new NpgsqlParameter { Value = p }).ToArray());
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task<(long Count, double P50, double P99)> RowAsync(NpgsqlDataSource data, string sql, DateTimeOffset from, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(sql);
        command.Parameters.Add(new() { Value = from });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetInt64(0), reader.GetDouble(1), reader.GetDouble(2));
    }

    private static void Print(PipelineFigures f)
    {
        var table = new Table().AddColumns("pipeline", "this", "baseline", "target");
        table.AddRow("sightings/s, Kafka to Postgres", N(f.SightingsPerSecond), $"{N(f.BaselinePerSecond)} (row by row, sightings alone)", "≥ 5,000");
        table.AddRow("write-ahead log, bytes a sighting", N(f.WalBytes), "", "");
        table.AddRow("processor time of the core / of Postgres, µs a sighting", $"{N(f.CoreMicroseconds)} / {N(f.PostgresMicroseconds)}", "", "");
        table.AddRow($"capture to stored at {N(f.Rate)}/s, p50 / p99 ms", $"{N(f.StoredP50)} / {N(f.StoredP99)}", "", "");
        table.AddRow($"capture to alert at {N(f.Rate)}/s, p50 / p99 ms ({f.Alerts} alerts)", f.Alerts == 0 ? "no alerts" : $"{N(f.AlertP50)} / {N(f.AlertP99)}", "", "p99 < 1,000");
        AnsiConsole.Write(table);

        static string N(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
    }

    private sealed record Throughput(double PerSecond, double WalBytes, double CoreMicroseconds, double PostgresMicroseconds);

    /// <summary>Bytes of write-ahead log, and seconds of processor time.</summary>
    private readonly record struct Spent(double Wal, double Core, double Postgres);

    private sealed record Latencies(long Stored, double StoredP50, double StoredP99, long Alerts, double AlertP50, double AlertP99);
}

/// <summary>Latencies in milliseconds.</summary>
internal sealed record PipelineFigures(
    int Sightings, double SightingsPerSecond, double WalBytes, double CoreMicroseconds, double PostgresMicroseconds, double BaselinePerSecond, int Rate, long Stored, double StoredP50, double StoredP99, long Alerts, double AlertP50, double AlertP99);

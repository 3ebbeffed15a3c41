using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.Contracts.Demo;
using Spectre.Console;

namespace SmartCity.Bench.Crashes;

/// <summary>
/// <c>bench crashes</c>: two cores on three brokers and one Postgres, of which something is killed every few seconds. Afterwards each sighting that
/// Kafka acknowledged must be stored and archived once, and charges and alerts must be those of one core that took the same records in peace.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class CrashBench
{
    private const int PartitionsPerStation = 4;
    private const int PostgresEvery = 3; // crashes of a core for one of Postgres
    private const int BrokerEvery = 4;
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    public static Command Create()
    {
        var minutes = new Option<double>("--minutes") { Description = "How long sightings come and something is killed.", DefaultValueFactory = _ => 10 };
        var rate = new Option<int>("--rate") { Description = "Sightings a second.", DefaultValueFactory = _ => 500 };
        var every = new Option<int>("--every") { Description = "Seconds from one kill -9 of a core to the next. Postgres crashes with every third and a broker with every fourth.", DefaultValueFactory = _ => 20 };
        var home = new Option<string?>("--kafka") { Description = "An Apache Kafka installation; KAFKA_HOME if not given.", HelpName = "DIR" };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("crashes", "Two cores, three brokers and a Postgres that are killed again and again: what is lost, twice or different afterwards.") { minutes, rate, every, home, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var kafka = parse.GetValue(home) ?? Environment.GetEnvironmentVariable("KAFKA_HOME") ?? throw new InvalidOperationException("bench crashes needs an Apache Kafka installation: set KAFKA_HOME, or --kafka.");
            var figures = await RunAsync(kafka, TimeSpan.FromMinutes(parse.GetValue(minutes)), parse.GetValue(rate), TimeSpan.FromSeconds(parse.GetValue(every)), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return figures.IsWhole ? 0 : 1;
        });
        return command;
    }

    private static async Task<CrashFigures> RunAsync(string kafkaHome, TimeSpan length, int rate, TimeSpan every, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        var city = City.Load(null);
        try
        {
            await using var kafka = await KafkaCluster.StartAsync(kafkaHome, Path.Combine(folder, "kafka"), [
                .. city.Stations.Select(s => (Topics.Mirrored(s.Id, Topics.Sightings), PartitionsPerStation)), (Topics.DeadLetters, 1), (Topics.Alerts, 1)], cancellationToken);
            var trial = await CrashedAsync(folder, kafka, city, length, rate, every, cancellationToken);
            var published = Outcome.Records(kafka.BootstrapServers, Topics.Alerts);
            var quiet = await QuietAsync(folder, kafka.BootstrapServers, trial.Sent.Count, cancellationToken);
            return Compare(trial, published, quiet, length, rate);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Trial> CrashedAsync(string folder, KafkaCluster kafka, City city, TimeSpan length, int rate, TimeSpan every, CancellationToken cancellationToken)
    {
        var database = Path.Combine(folder, "postgres");
        var postgres = await EmbeddedPostgres.StartAsync(database, cancellationToken);
        ServiceProcess[] cores = [Core("core-1", folder, postgres.ConnectionString, kafka.BootstrapServers), Core("core-2", folder, postgres.ConnectionString, kafka.BootstrapServers)];
        var faults = new Faults();
        var sent = new List<Guid>();
        try
        {
            foreach (var core in cores)
            {
                core.Start();
                await core.WhenReadyAsync(cancellationToken);
            }

            var sending = Task.Run(() => SendAsync(kafka.BootstrapServers, city, rate, length, sent, cancellationToken), cancellationToken);
            using var clock = new PeriodicTimer(every);
            while (await clock.WaitForNextTickAsync(cancellationToken) && !sending.IsCompleted)
            {
                await cores[faults.Cores++ % cores.Length].CrashAsync(cancellationToken);
                if (faults.Cores % BrokerEvery == 0)
                {
                    await kafka.CrashAsync(faults.Brokers++, cancellationToken);
                }

                if (faults.Cores % PostgresEvery == 0)
                {
                    await CrashPostgresAsync(postgres.ConnectionString, cancellationToken);
                    postgres = await EmbeddedPostgres.StartAsync(database, cancellationToken);
                    faults.Postgres++;
                }

                await Console.Error.WriteLineAsync($"{sent.Count} sent; killed: {faults.Cores} cores, {faults.Postgres} Postgres, {faults.Brokers} brokers.");
            }

            await sending;
            await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
            var caughtUp = await UntilDoneAsync(data, sent.Count, cancellationToken);
            foreach (var core in cores)
            {
                await core.StopAsync();
            }

            return new Trial([.. sent], faults, cores.Sum(c => c.Ends), caughtUp, await Outcome.ReadAsync(data, Path.Combine(folder, "objects"), cancellationToken));
        }
        finally
        {
            foreach (var core in cores)
            {
                await core.DisposeAsync();
            }

            await postgres.DisposeAsync();
        }
    }

    /// <summary>One core and an empty Postgres take the same records, and nothing is killed.</summary>
    private static async Task<Outcome> QuietAsync(string folder, string kafka, int count, CancellationToken cancellationToken)
    {
        folder = Directory.CreateDirectory(Path.Combine(folder, "quiet")).FullName;
        await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
        await using var core = Core("quiet", folder, postgres.ConnectionString, kafka);
        core.Start();
        await core.WhenReadyAsync(cancellationToken);
        await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
        await UntilDoneAsync(data, count, cancellationToken);
        await core.StopAsync();
        return await Outcome.ReadAsync(data, Path.Combine(folder, "objects"), cancellationToken);
    }

    private static ServiceProcess Core(string name, string folder, string postgres, string kafka) => new("SmartCity.Core", name, folder, new Dictionary<string, string>
    {
        ["ConnectionStrings:postgres"] = new NpgsqlConnectionStringBuilder(postgres) { MaxPoolSize = 25 }.ConnectionString,
        ["ConnectionStrings:core-kafka"] = kafka,
        ["ConnectionStrings:objects"] = Path.Combine(folder, "objects"),
        ["Core:Secrets:KeyFile"] = Path.Combine(folder, "core-secret"),
        ["Core:DemoRegistry"] = "true",
        ["Archive:RollAfter"] = "00:00:10",
    });

    private static async Task SendAsync(string kafka, City city, int rate, TimeSpan length, List<Guid> sent, CancellationToken cancellationToken)
    {
        using var producer = new ProducerBuilder<byte[], byte[]>(new ProducerConfig { BootstrapServers = kafka, LingerMs = 5, EnableIdempotence = true, MessageTimeoutMs = 300_000 })
            .SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var from = TimeProvider.System.GetUtcNow();
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        var unsent = new List<string>();
        foreach (var sighting in DemoTraffic.Sightings(city, 3, from, rate).TakeWhile(s => s.CapturedAt < from + length))
        {
            while (TimeProvider.System.GetUtcNow() < sighting.CapturedAt)
            {
                await tick.WaitForNextTickAsync(cancellationToken);
            }

            producer.Produce(Topics.Mirrored(sighting.StationId, Topics.Sightings), SimulatedRecord.Of(sighting), report =>
            {
                if (report.Error.IsError)
                {
                    unsent.Add(report.Error.Reason);
                }
            });
            sent.Add(sighting.Id);
        }

        producer.Flush(cancellationToken);
        if (unsent.Count > 0)
        {
            throw new InvalidOperationException($"Kafka took {unsent.Count} sightings not at all: {unsent[0]}");
        }
    }

    // As after a power cut: no checkpoint, no goodbye to its clients.
    private static async Task CrashPostgresAsync(string connectionString, CancellationToken cancellationToken)
    {
        await using var data = NpgsqlDataSource.Create(connectionString);
        var pidFile = Path.Combine((await Outcome.ColumnAsync<string>(data, "show data_directory", cancellationToken))[0], "postmaster.pid");
        var pid = (await File.ReadAllLinesAsync(pidFile, cancellationToken))[0];
        await Processes.RunAsync("kill", ["-QUIT", pid], cancellationToken);
        while (File.Exists(pidFile))
        {
            await Task.Delay(50, cancellationToken);
        }
    }

    /// <summary>Waits until nothing changes that was to be done; how long that took.</summary>
    private static async Task<TimeSpan> UntilDoneAsync(NpgsqlDataSource data, int count, CancellationToken cancellationToken)
    {
        const string open = """
            select greatest($1 - (select count(*) from sightings), 0) + (select count(*) from archive_waiting) + (select count(*) from alerts where published_at is null)
            """;
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Patience)
        {
            await using var command = data.CreateCommand(open);
            command.Parameters.Add(new() { Value = (long)count });
            if ((long)(await command.ExecuteScalarAsync(cancellationToken))! == 0)
            {
                return Stopwatch.GetElapsedTime(started);
            }

            await Task.Delay(500, cancellationToken);
        }

        throw new InvalidOperationException($"After {Patience.TotalMinutes:0} minutes not everything is stored, archived and published.");
    }

    private static CrashFigures Compare(Trial trial, int published, Outcome quiet, TimeSpan length, int rate)
    {
        var (sent, found) = (trial.Sent, trial.Found);
        var archived = found.Archived.ToHashSet();
        return new CrashFigures(
            length.TotalMinutes, rate, trial.Faults.Cores, trial.Faults.Postgres, trial.Faults.Brokers, trial.Ends, trial.CaughtUp.TotalSeconds,
            sent.Count, found.Stored.Count, sent.Count(id => !found.Stored.Contains(id)), found.Archived.Count, sent.Count(id => !archived.Contains(id)), found.Archived.Count - archived.Count,
            found.Passages, quiet.Passages, found.Charges.Count, found.Sum, quiet.Charges.Count, quiet.Sum, Differing(found.Charges, quiet.Charges),
            found.AlertsRaised, quiet.AlertsRaised, Differing(found.Alerts, quiet.Alerts), published);

        static string[] Differing(HashSet<string> a, HashSet<string> b) => [.. a.Except(b).Select(x => "crashed alone: " + x), .. b.Except(a).Select(x => "quiet alone: " + x)];
    }

    private static void Print(CrashFigures f)
    {
        var table = new Table().AddColumns($"{f.Minutes:0.#} minutes at {f.Rate}/s", "two cores that crashed", "one in peace");
        table.AddRow("killed: cores / Postgres / brokers", $"{f.CoresKilled} / {f.PostgresKilled} / {f.BrokersKilled}", "");
        table.AddRow("cores that ended by themselves", N(f.CoresEnded), "");
        table.AddRow("seconds to catch up afterwards", f.CatchUpSeconds.ToString("N1", CultureInfo.InvariantCulture), "");
        table.AddRow("sightings acknowledged by Kafka", N(f.Sent), "");
        table.AddRow("stored; missing", $"{N(f.Stored)}; {N(f.NotStored)}", "");
        table.AddRow("archived; missing; twice", $"{N(f.Archived)}; {N(f.NotArchived)}; {N(f.ArchivedTwice)}", "");
        table.AddRow("passages", N(f.Passages), N(f.QuietPassages));
        table.AddRow("charges, £", $"{N(f.Charges)}, {f.Sum:N2}", $"{N(f.QuietCharges)}, {f.QuietSum:N2}");
        table.AddRow("charges that differ", N(f.ChargesThatDiffer.Length), "");
        table.AddRow("alerts; records in topic alerts", $"{N(f.Alerts)}; {N(f.AlertRecords)}", N(f.QuietAlerts));
        table.AddRow("alerts that differ", N(f.AlertsThatDiffer.Length), "");
        AnsiConsole.Write(table);
        foreach (var line in f.ChargesThatDiffer.Concat(f.AlertsThatDiffer).Take(20))
        {
            AnsiConsole.WriteLine(line);
        }

        static string N(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
    }

    private sealed class Faults
    {
        public int Cores { get; set; }

        public int Postgres { get; set; }

        public int Brokers { get; set; }
    }

    private sealed record Trial(HashSet<Guid> Sent, Faults Faults, int Ends, TimeSpan CaughtUp, Outcome Found);
}

/// <param name="CatchUpSeconds">From the last sighting until all was stored, archived and published.</param>
/// <param name="AlertRecords">More than alerts where one was published again because a core was killed before it could say so.</param>
internal sealed record CrashFigures(
    double Minutes, int Rate, int CoresKilled, int PostgresKilled, int BrokersKilled, int CoresEnded, double CatchUpSeconds,
    int Sent, int Stored, int NotStored, int Archived, int NotArchived, int ArchivedTwice,
    long Passages, long QuietPassages, int Charges, decimal Sum, int QuietCharges, decimal QuietSum, string[] ChargesThatDiffer,
    long Alerts, long QuietAlerts, string[] AlertsThatDiffer, int AlertRecords)
{
    public bool IsWhole => CoresEnded == 0 && NotStored == 0 && NotArchived == 0 && ArchivedTwice == 0 && ChargesThatDiffer.Length == 0 && AlertsThatDiffer.Length == 0
        && (Alerts, Sum, Passages) == (QuietAlerts, QuietSum, QuietPassages) && AlertRecords >= Alerts;
}

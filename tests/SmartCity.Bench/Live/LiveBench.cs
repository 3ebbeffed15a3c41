using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using Spectre.Console;

namespace SmartCity.Bench.Live;

/// <summary>
/// <c>bench live</c>: what people at the Live page cost, in CPU seconds of the processes, while sightings come at a steady rate; and whether the
/// pipeline minds. The baseline is the same traffic with nobody there.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class LiveBench
{
    private const int PartitionsPerStation = 4;
    private const int Bursts = 3;
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var rate = new Option<int>("--rate") { Description = "Sightings a second.", DefaultValueFactory = _ => 50 };
        var seconds = new Option<int>("--seconds") { Description = "Length of each measurement.", DefaultValueFactory = _ => 60 };
        var viewers = new Option<int>("--viewers") { Description = "Viewers of the last measurement.", DefaultValueFactory = _ => 50 };
        var burst = new Option<int>("--burst") { Description = "Sightings sent at once for the pipeline's speed.", DefaultValueFactory = _ => 20_000 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("live", "People at the Live page: CPU of browser and server, and the pipeline's speed with and without them.") { rate, seconds, viewers, burst, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            if (LiveBrowser.Path is null)
            {
                await Console.Error.WriteLineAsync("smartcity: bench live needs Chromium; install package chromium and try again.");
                return 1;
            }

            var figures = await MeasureAsync(parse.GetValue(rate), TimeSpan.FromSeconds(parse.GetValue(seconds)), parse.GetValue(viewers), parse.GetValue(burst), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    private static async Task<LiveFigures> MeasureAsync(int rate, TimeSpan length, int viewers, int burst, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        var city = City.Load(null);
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            using var broker = new InProcessBroker([
                .. city.Stations.Select(s => (Topics.Mirrored(s.Id, Topics.Sightings), PartitionsPerStation)),
                .. city.Stations.Select(s => (Topics.Mirrored(s.Id, Topics.StationHeartbeats), 1)),
                (Topics.DeadLetters, 1),
                (Topics.Alerts, 1)]);
            await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
            var objects = Directory.CreateDirectory(Path.Combine(folder, "objects")).FullName;
            Say("Starting core and console …");
            await using var server = await LiveServer.StartAsync(folder, city, postgres.ConnectionString, broker.BootstrapServers, objects, cancellationToken);
            using var traffic = new LiveTraffic(broker.BootstrapServers, objects, city);
            var run = new Run(data, server, traffic, rate, length);
            Say("Nobody …");
            await run.BurstsAsync(burst / 4, cancellationToken); // what is compiled and cached once
            var nobody = await run.PhaseAsync("nobody", null, null, cancellationToken) with { Burst = await run.BurstsAsync(burst, cancellationToken) };
            Say("One browser …");
            var (one, interactive, shifts) = await run.BrowserAsync(cancellationToken);
            Say($"{viewers} viewers …");
            var crowd = await run.CrowdAsync(viewers, burst, cancellationToken);
            return new LiveFigures(rate, length.TotalSeconds, Environment.ProcessorCount, nobody, one, crowd, interactive, shifts);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Say(string text) => Console.Error.WriteLine(text);
    }

    private static void Print(LiveFigures f)
    {
        var table = new Table().Title(string.Create(CultureInfo.InvariantCulture, $"{f.Rate} sightings/s, {f.Seconds:0} s each, {f.Cores} cores; CPU in percent of one core"))
            .AddColumns("who is there", "server", "of it theirs", "browser", "stored, p50/p99 ms", "burst/s", "CPU ms/1,000", "plates/s");
        foreach (var p in (LivePhase[])[f.Nobody, f.Browser, f.Crowd])
        {
            table.AddRow(
                p.Who, N(p.ServerPercent), p == f.Nobody ? "" : N(p.ServerPercent - f.Nobody.ServerPercent), p.BrowserPercent is { } browser ? N(browser) : "", $"{N(p.StoredP50)}/{N(p.StoredP99)}",
                p.Burst is { } burst ? N(burst.PerSecond) : "", p.Burst is { } cost ? N(cost.CpuMsPerThousand) : "", p.PicturesPerSecond is { } pictures ? N(pictures) : "");
        }

        AnsiConsole.Write(table);
        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Page interactive, warm, median of 5: {f.InteractiveMs:N0} ms. Layout shift outside of the list over {f.Seconds:0} s: {f.LayoutShift:0.000}."));

        static string N(double value) => value.ToString(value < 100 ? "0.0" : "N0", CultureInfo.InvariantCulture);
    }

    private sealed class Run(NpgsqlDataSource data, CityProcess server, LiveTraffic traffic, int rate, TimeSpan length)
    {
        public async Task<(LivePhase Phase, double InteractiveMs, double Shifts)> BrowserAsync(CancellationToken cancellationToken)
        {
            await using var browser = await LiveBrowser.OpenAsync(server.Address, "administrator", LiveServer.Password);
            var phase = await PhaseAsync("one browser", browser, null, cancellationToken);
            var shifts = await browser.ShiftsAsync();
            return (phase, await browser.InteractiveAsync(), shifts);
        }

        public async Task<LivePhase> CrowdAsync(int count, int burst, CancellationToken cancellationToken)
        {
            var cookies = await CircuitViewer.SignInAsync(server.Address, "administrator", LiveServer.Password, cancellationToken);
            var viewers = new List<CircuitViewer>();
            try
            {
                for (var i = 0; i < count; i++)
                {
                    viewers.Add(await CircuitViewer.OpenAsync(server.Address, cookies, cancellationToken));
                }

                var phase = await PhaseAsync($"{count} viewers", null, viewers, cancellationToken);
                return phase with { Burst = await BurstsAsync(burst, cancellationToken) };
            }
            finally
            {
                foreach (var viewer in viewers)
                {
                    await viewer.DisposeAsync();
                }
            }
        }

        public async Task<LivePhase> PhaseAsync(string who, LiveBrowser? browser, IReadOnlyList<CircuitViewer>? crowd, CancellationToken cancellationToken)
        {
            using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            var running = traffic.RunAsync(rate, end.Token);
            await Task.Delay(WarmUp, TimeProvider.System, cancellationToken);
            await (browser?.WatchShiftsAsync() ?? Task.CompletedTask);
            var from = TimeProvider.System.GetUtcNow();
            var (server0, browser0, pictures0, started) = (CpuMeter.Of(server.Id), browser is null ? 0 : CpuMeter.OfTree(browser.Process), crowd?.Sum(v => v.Pictures), Stopwatch.GetTimestamp());
            await Task.Delay(length, TimeProvider.System, cancellationToken);
            var wall = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var (serverCpu, browserCpu, pictures) = (CpuMeter.Of(server.Id) - server0, browser is null ? (double?)null : CpuMeter.OfTree(browser.Process) - browser0, crowd?.Sum(v => v.Pictures) - pictures0);
            await end.CancelAsync();
            await running;
            await using var command = data.CreateCommand(
                "select count(*), coalesce(percentile_cont(0.5) within group (order by ms), 0), coalesce(percentile_cont(0.99) within group (order by ms), 0) from (select extract(epoch from stored_at - captured_at)::float8 * 1000 as ms from sightings where captured_at >= $1) s");
            command.Parameters.Add(new() { Value = from });
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            await reader.ReadAsync(cancellationToken);
            return new LivePhase(
                who, 100 * serverCpu / wall, 100 * browserCpu / wall, reader.GetInt64(0), reader.GetDouble(1), reader.GetDouble(2), pictures / wall,
                crowd?.Sum(v => v.Renders), null);
        }

        /// <summary>Three times so many sightings at once, from Kafka to Postgres.</summary>
        public async Task<LiveBurst> BurstsAsync(int count, CancellationToken cancellationToken)
        {
            var (speeds, cpu) = (new List<double>(), CpuMeter.Of(server.Id));
            for (var i = 0; i < Bursts; i++)
            {
                speeds.Add(await BurstAsync(count, cancellationToken));
            }

            return new LiveBurst(Percentile.Of(speeds, 0.5), 1000 * (CpuMeter.Of(server.Id) - cpu) / (Bursts * count / 1000.0));
        }

        private async Task<double> BurstAsync(int count, CancellationToken cancellationToken)
        {
            var before = await StoredAsync(cancellationToken);
            var started = Stopwatch.GetTimestamp();
            traffic.Burst(count);
            while (await StoredAsync(cancellationToken) < before + count)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, cancellationToken);
            }

            return count / Stopwatch.GetElapsedTime(started).TotalSeconds;
        }

        private async Task<long> StoredAsync(CancellationToken cancellationToken)
        {
            await using var command = data.CreateCommand("select coalesce(sum(stored), 0)::bigint from station_totals");
            return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
    }
}

/// <param name="ServerPercent">CPU of core and console, percent of one core.</param>
/// <param name="BrowserPercent">CPU of all processes of the browser.</param>
/// <param name="Stored">Sightings captured and stored while it was measured.</param>
/// <param name="StoredP50">Milliseconds from capture to stored.</param>
/// <param name="PicturesPerSecond">Plates fetched by all viewers.</param>
/// <param name="Renders">Batches rendered to all viewers.</param>
internal sealed record LivePhase(
    string Who, double ServerPercent, double? BrowserPercent, long Stored, double StoredP50, double StoredP99, double? PicturesPerSecond, long? Renders, LiveBurst? Burst);

/// <summary>Many sightings at once.</summary>
/// <param name="PerSecond">From Kafka to Postgres; the median of three.</param>
/// <param name="CpuMsPerThousand">CPU milliseconds of core and console for a thousand of them: a figure that other work on the machine does not touch.</param>
internal sealed record LiveBurst(double PerSecond, double CpuMsPerThousand);

/// <param name="InteractiveMs">From asking for the page until it can be used, its files cached.</param>
/// <param name="LayoutShift">Cumulative layout shift outside of the list while it was measured.</param>
internal sealed record LiveFigures(int Rate, double Seconds, int Cores, LivePhase Nobody, LivePhase Browser, LivePhase Crowd, double InteractiveMs, double LayoutShift);

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Reports;
using SmartCity.Core.Vehicles;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary><c>bench reports</c>: each report over a year but that of reads, which are sightings, from days that were counted when they were over, beside the same days counted one after another while one waits.</summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class ReportsBench
{
    private const int Vehicles = 100_000;
    private const int Stations = 60;
    private const int Days = 366;
    private const int Sample = 3;

    public static Command Create()
    {
        var count = new Option<int>("--passages") { Description = "Passages of the year.", DefaultValueFactory = _ => 10_000_000 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("reports", "Reports over a year: milliseconds from counted days, and without.") { count, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = await MeasureAsync(parse.GetValue(count), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(parse.GetValue(count), figures));

            return 0;
        });
        return command;
    }

    private static async Task<List<ReportFigure>> MeasureAsync(int count, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            await Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, cancellationToken);
            await using var data = new NpgsqlDataSourceBuilder(postgres.ConnectionString + ";Command Timeout=600").Build();
            await using var runs = new ReportRuns(new PostgresConnection(postgres.ConnectionString), Options.Create(new ReportOptions()), NullLoggerFactory.Instance);
            await FillAsync(data, count, cancellationToken);
            var last = ChargingCity.London.Today(TimeProvider.System).AddDays(-1);
            ReportRange Range(int days) => new(last.AddDays(1 - days), last, last.AddDays(1), ChargingCity.London);
            var year = Range(Days);

            // Without: so many of the days, as if none were counted.
            var uncounted = new List<(string Name, double Milliseconds)>();
            foreach (var report in ReportSlice.Days)
            {
                var started = Stopwatch.GetTimestamp();
                for (var day = 0; day < Sample; day++)
                {
                    await runs.RunAsync((d, token) => report.CountAsync(d, year.Of(last.AddDays(-day)), token), cancellationToken);
                }

                uncounted.Add((report.Name, Stopwatch.GetElapsedTime(started).TotalMilliseconds / Sample * Days));
            }

            await using var days = new ReportDays(data, new PostgresConnection(postgres.ConnectionString), Options.Create(new ReportOptions()), ChargingCity.London, TimeProvider.System, NullLoggerFactory.Instance);
            await AnsiConsole.Status().StartAsync($"Counting {Days} days …", async _ =>
            {
                while ((await days.CountNextAsync(cancellationToken)).Day is not null)
                {
                    // until all are counted
                }
            });

            var figures = new List<ReportFigure>();
            foreach (var (name, milliseconds) in uncounted.Where(u => !u.Name.StartsWith("reads", StringComparison.Ordinal)))
            {
                var (week, whole) = (await TimeAsync(name, Range(7)), await TimeAsync(name, year));
                figures.Add(new ReportFigure(name, week, whole, milliseconds));
            }

            return figures;

            async Task<double> TimeAsync(string name, ReportRange range)
            {
                await runs.RunAsync((d, token) => RunAsync(d, name, range, token), cancellationToken);
                var times = new List<double>();
                for (var i = 0; i < Sample; i++)
                {
                    var started = Stopwatch.GetTimestamp();
                    await runs.RunAsync((d, token) => RunAsync(d, name, range, token), cancellationToken);
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

                return Percentile.Of(times, 0.5);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<bool> RunAsync(NpgsqlDataSource data, string name, ReportRange range, CancellationToken cancellationToken)
    {
        Task run = name[..name.IndexOf('.', StringComparison.Ordinal)] switch
        {
            "charges" => ChargesReport.RunAsync(data, range, cancellationToken),
            "compliance" => ComplianceReport.RunAsync(data, range, cancellationToken),
            "stations" => TrafficReports.StationsAsync(data, range, cancellationToken),
            "reads" => ReadsReport.RunAsync(data, range, cancellationToken),
            "travel" => CongestionReports.TravelAsync(data, range, cancellationToken),
            "dwell" => CongestionReports.DwellAsync(data, range, cancellationToken),
            _ => EmissionsReport.RunAsync(data, EmissionFactors.Published, range, cancellationToken),
        };
        await run;
        return true;
    }

    private static async Task FillAsync(NpgsqlDataSource data, int count, CancellationToken cancellationToken)
    {
        await new VehicleRegistry(data, ChargingCity.London, TimeProvider.System).ApplyAsync([.. Enumerable.Range(0, Vehicles).Select(DemoRegistry.Vehicle).Select(VehicleChange.Whole)], cancellationToken);
        await AnsiConsole.Status().StartAsync($"Making {count:N0} passages …", async _ =>
        {
            // Vehicles come in turn, minutes apart from station to station; every twentieth is charged.
            await using var fill = data.CreateCommand(
                $"""
                create temp table fleet as select row_number() over (order by md5(plate)) - 1 as n, plate from vehicles;
                alter table fleet add primary key (n);
                insert into stations (id, name, latitude, longitude) select 's' || n, 'Station ' || n, 51.4 + n * 0.002, -0.2 + n * 0.003 from generate_series(0, {Stations - 1}) n on conflict do nothing;
                insert into station_zones (station_id, zone) select 's' || n, 'ulez' from generate_series(0, {Stations - 1}) n on conflict do nothing;
                insert into passages (id, plate, country, station_id, camera_id, direction, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
                select gen_random_uuid(), f.plate, 'GB', 's' || ((i / 3 * 7 + i % 3 * 5) % {Stations}), 'c', 'inbound', at, at + interval '2 s', 1, gen_random_uuid(), at, 0.99
                from (select i, (i::bigint / 3 * 7919) % {Vehicles} as n, now() - interval '{Days + 1} days' + (i / 3) * interval '{Days + 1} days' / ({count} / 3) + i % 3 * interval '11 minutes' + random() * interval '40 minutes' as at from generate_series(1, {count}) i) g
                join fleet f on f.n = g.n;
                insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at)
                select gen_random_uuid(), 'charge', plate, 'ulez', day, 12.5, 'r', 'w', 't', gen_random_uuid(), 's1', now()
                from (select distinct plate, (first_at at time zone 'Europe/London')::date as day from passages where hashtext(plate) % 20 = 0) c;
                delete from lake_charges;
                analyze
                """);
            await fill.ExecuteNonQueryAsync(cancellationToken);
        });
    }

    private static void Print(int count, List<ReportFigure> figures)
    {
        var table = new Table().Title(string.Create(CultureInfo.InvariantCulture, $"Reports over {count:N0} passages of {Days} days, milliseconds")).AddColumns("report", "a week", "the year", "the year, not counted before (from some days)");
        foreach (var f in figures)
        {
            table.AddRow(f.Report, f.Week.ToString("0", CultureInfo.InvariantCulture), f.Year.ToString("0", CultureInfo.InvariantCulture), f.Uncounted.ToString("#,0", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }

    private sealed record ReportFigure(string Report, double Week, double Year, double Uncounted);
}

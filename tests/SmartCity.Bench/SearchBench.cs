using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Vehicles;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>
/// <c>bench search</c>: searches over millions of passages on a Postgres of the same machine. The baseline is the same question as one plain
/// query over the tables, given five seconds at most.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class SearchBench
{
    private const int Vehicles = 200_000;
    private const int Stations = 60;
    private const int Page = 51;
    private const int BaselineEach = 5;
    private static readonly TimeSpan BaselineWithin = TimeSpan.FromSeconds(5);
    private static readonly DateTimeOffset From = new(2026, 10, 24, 0, 0, 0, TimeSpan.Zero);

    public static Command Create()
    {
        var count = new Option<int>("--passages") { Description = "Passages to search in.", DefaultValueFactory = _ => 10_000_000 };
        var plates = new Option<int>("--plates") { Description = $"Plates that pass; {Vehicles:N0} of them are in the registry.", DefaultValueFactory = _ => 2_000_000 };
        var each = new Option<int>("--each") { Description = "Searches of each kind.", DefaultValueFactory = _ => 100 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("search", "Vehicle searches over millions of passages: milliseconds of a page.") { count, plates, each, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = await MeasureAsync(parse.GetValue(count), parse.GetValue(plates), parse.GetValue(each), cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(parse.GetValue(count), parse.GetValue(plates), figures));

            return 0;
        });
        return command;
    }

    private static async Task<List<SearchFigure>> MeasureAsync(int count, int plates, int each, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            await Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, cancellationToken);
            await using var data = new NpgsqlDataSourceBuilder(postgres.ConnectionString + ";Command Timeout=600").Build();
            await FillAsync(data, count, plates, cancellationToken);
            var search = new PassageSearch(data);
            var random = new Random(7);
            var figures = new List<SearchFigure>();
            foreach (var (kind, make) in Kinds())
            {
                await search.FindAsync(make(random), null, Page, cancellationToken);
                var (times, rows) = (new List<double>(), 0);
                for (var i = 0; i < each; i++)
                {
                    var started = Stopwatch.GetTimestamp();
                    rows += (await search.FindAsync(make(random), null, Page, cancellationToken)).Count;
                    times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
                }

                var plain = new List<double>();
                for (var i = 0; i < BaselineEach; i++)
                {
                    plain.Add(await PlainAsync(data, make(random), cancellationToken));
                }

                figures.Add(new SearchFigure(kind, (double)rows / each, Percentile.Of(times, 0.5), Percentile.Of(times, 0.95), Percentile.Of(plain, 0.5)) { Times = times });
            }

            var all = figures.SelectMany(f => f.Times).ToList();
            figures.Add(new SearchFigure("all", figures.Average(f => f.Rows), Percentile.Of(all, 0.5), Percentile.Of(all, 0.95), Percentile.Of(figures.Select(f => f.Plain), 0.5)));
            return figures;
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static IEnumerable<(string Kind, Func<Random, VehicleSearch> Make)> Kinds()
    {
        yield return ("plate", r => new VehicleSearch { Plate = Plate(r) });
        yield return ("plate, a day", r => new VehicleSearch { Plate = Plate(r) }.Within(r, TimeSpan.FromDays(1)));
        yield return ("begins with", r => new VehicleSearch { Plate = Plate(r)[..4] + "*" });
        yield return ("two unknown", r => new VehicleSearch { Plate = Plate(r) is var p ? p[..2] + "??" + p[4..] : null });
        yield return ("ends with", r => new VehicleSearch { Plate = "*" + Plate(r)[4..] });
        yield return ("middle", r => new VehicleSearch { Plate = "*" + Plate(r)[2..6] + "*" });
        yield return ("make, colour", r => DemoRegistry.Vehicle(r.Next(Vehicles)) is var v ? new VehicleSearch { Make = v.Make, Colour = v.Colour } : null!);
        yield return ("make, colour, pattern", r => DemoRegistry.Vehicle(r.Next(Vehicles)) is var v ? new VehicleSearch { Make = v.Make, Colour = v.Colour, Plate = "*" + v.Plate[^1] } : null!);
        yield return ("class, station, hour", r => new VehicleSearch { Class = "hgv", Stations = [Station(r)] }.Within(r, TimeSpan.FromHours(1)));
        yield return ("make, colour, station, day", r => DemoRegistry.Vehicle(r.Next(Vehicles)) is var v ? new VehicleSearch { Make = v.Make, Colour = v.Colour, Stations = [Station(r)] }.Within(r, TimeSpan.FromDays(1)) : null!);
        yield return ("ends with, station, day", r => new VehicleSearch { Plate = "*" + Plate(r)[4..], Stations = [Station(r)] }.Within(r, TimeSpan.FromDays(1)));
        yield return ("stations, time", r => new VehicleSearch { Stations = [Station(r), Station(r)] }.Within(r, TimeSpan.FromDays(2)));
        yield return ("nothing fits", r => new VehicleSearch { Plate = "QQ" + r.Next(10, 99) + "*" });
    }

    private static string Plate(Random random) => DemoRegistry.Vehicle(random.Next(Vehicles)).Plate;

    private static string Station(Random random) => $"s{random.Next(Stations)}";

    private static VehicleSearch Within(this VehicleSearch search, Random random, TimeSpan length)
    {
        var from = From.AddHours(random.Next(24 * 27));
        return search with { From = from, To = from + length };
    }

    private static async Task FillAsync(NpgsqlDataSource data, int count, int plates, CancellationToken cancellationToken)
    {
        await new VehicleRegistry(data, ChargingCity.London, TimeProvider.System).ApplyAsync([.. Enumerable.Range(0, Vehicles).Select(DemoRegistry.Vehicle).Select(VehicleChange.Whole)], cancellationToken);
        await AnsiConsole.Status().StartAsync($"Making {count:N0} passages …", async _ =>
        {
            await ExecuteAsync("drop index passages_neighbours; drop index passages_first; drop index passages_plate; drop index passages_station; alter table passages drop constraint passages_pkey");

            // A third of the vehicles makes most of the passages, as on a road.
            await ExecuteAsync(
                $"""
                create temp table fleet as select row_number() over (order by md5(plate)) - 1 as n, plate from (
                    select plate from vehicles union
                    select chr(65 + i % 26) || chr(65 + i / 26 % 26) || lpad((i / 676 % 100)::text, 2, '0') || chr(65 + i / 67600 % 26) || chr(65 + i * 7 % 26) || chr(65 + i * 11 % 26)
                    from generate_series(1, {Math.Max(0, plates - Vehicles)}) i) p;
                alter table fleet add primary key (n);
                insert into passages (id, plate, country, station_id, camera_id, direction, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
                select gen_random_uuid(), f.plate, 'GB', 's' || (random() * {Stations - 1})::int, 'c', 'inbound', at, at + interval '2 s', 1, gen_random_uuid(), at, 0.99
                from (select floor(power(random(), 2) * (select count(*) from fleet))::bigint as n, '{From:yyyy-MM-dd}'::timestamptz + i * interval '30 days' / {count} as at from generate_series(1, {count}) i) g
                join fleet f on f.n = g.n;
                insert into seen_plates select distinct plate from passages on conflict do nothing
                """);
            await ExecuteAsync(
                """
                alter table passages add primary key (id);
                create index passages_neighbours on passages (plate, station_id, last_at);
                create index passages_first on passages (first_at desc, id desc);
                create index passages_plate on passages (plate, first_at desc, id desc);
                create index passages_station on passages (station_id, first_at desc, id desc);
                analyze
                """);
        });

        async Task ExecuteAsync(string sql)
        {
            await using var command = data.CreateCommand(sql);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static async Task<double> PlainAsync(NpgsqlDataSource data, VehicleSearch search, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(
            """
            select p.id from passages p left join vehicles v on v.plate = p.plate
            where ($1::text is null or p.plate like $1) and ($2::text is null or lower(v.make) = lower($2)) and ($3::text is null or lower(v.colour) = lower($3))
              and ($4::text is null or v.class = $4) and ($5::text[] is null or p.station_id = any($5)) and ($6::timestamptz is null or p.first_at >= $6)
              and ($7::timestamptz is null or p.first_at < $7)
            order by p.first_at desc, p.id desc limit 51
            """);
        command.CommandTimeout = (int)BaselineWithin.TotalSeconds;
        foreach (var value in (object?[])[search.Plate?.Replace('?', '_').Replace('*', '%'), search.Make, search.Colour, search.Class, search.Stations, search.From, search.To])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        var started = Stopwatch.GetTimestamp();
        try
        {
            await using var reader = await command.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
            }
        }
        catch (NpgsqlException e) when (e.InnerException is TimeoutException)
        {
            return BaselineWithin.TotalMilliseconds;
        }

        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static void Print(int count, int plates, List<SearchFigure> figures)
    {
        var table = new Table().Title(string.Create(CultureInfo.InvariantCulture, $"A page of {Page - 1} from {count:N0} passages of about {plates:N0} plates, milliseconds")).AddColumns("search", "rows", "p50", "p95", "plain query p50");
        foreach (var f in figures)
        {
            table.AddRow(f.Kind, f.Rows.ToString("0.#", CultureInfo.InvariantCulture), f.P50.ToString("0.0", CultureInfo.InvariantCulture), f.P95.ToString("0.0", CultureInfo.InvariantCulture), f.Plain.ToString("0", CultureInfo.InvariantCulture));
        }

        AnsiConsole.Write(table);
    }
}

/// <param name="Plain">Median of the baseline; 5000 where it was not through by then.</param>
internal sealed record SearchFigure(string Kind, double Rows, double P50, double P95, double Plain)
{
    internal IReadOnlyList<double> Times { get; init; } = [];
}

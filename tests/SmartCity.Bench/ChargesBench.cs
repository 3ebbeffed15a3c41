using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Charges;
using SmartCity.Core.Doubts;
using SmartCity.Core.Passages;
using SmartCity.Core.Database;
using SmartCity.Core.Review;
using SmartCity.Core.Sightings;
using SmartCity.Core.Vehicles;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>
/// <c>bench charges</c>: the rules alone, the preview's JSON lines, and sightings through the ledger on a Postgres of the same machine. The ledger's
/// baseline charges the same sightings one by one.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class ChargesBench
{
    private const int Batch = 2_000;
    private const int Vehicles = 20_000;
    private const int OneByOne = 2_000;
    private static readonly DateTimeOffset Morning = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);
    private static readonly string[] Zones = ["ulez", "lez", "congestion"];

    public static Command Create()
    {
        var count = new Option<int>("--count") { Description = "Sightings through the ledger.", DefaultValueFactory = _ => 60_000 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("charges", "Rules, preview and ledger: vehicle days, lines and sightings a second.") { count, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var registry = Enumerable.Range(0, Vehicles).Select(DemoRegistry.Vehicle).ToList();
            var (ledger, baseline) = await LedgerAsync(registry, parse.GetValue(count), cancellationToken);
            var figures = new ChargesFigures(Rules(registry), Preview(registry), ledger, baseline);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    private static double Rules(List<VehicleView> registry)
    {
        const int rounds = 20;
        var vehicles = registry.ConvertAll(v => new ChargedVehicle(v.Class!, v.Fuel!, v.Euro, v.FirstRegistered, v.GrossKg, v.UnladenKg, v.TaxClass, [.. v.Discounts]));
        ZonePassage[] day = [new(Morning, Zones), new(Morning.AddHours(9), Zones)];
        ChargeRules.Assess(vehicles[0], day, TariffBook.Shipped);
        var started = Stopwatch.GetTimestamp();
        for (var i = 0; i < rounds; i++)
        {
            vehicles.ForEach(v => ChargeRules.Assess(v, day, TariffBook.Shipped));
        }

        return rounds * vehicles.Count / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static double Preview(List<VehicleView> registry)
    {
        var lines = registry.ConvertAll(v => JsonSerializer.Serialize(
            new
            {
                @case = v.Plate,
                vehicle = new { v.Plate, v.Class, v.Fuel, v.Euro, v.FirstRegistered, v.GrossKg, v.UnladenKg, v.TaxClass, v.Discounts },
                passages = new[] { new { at = Morning, zones = Zones } },
            },
            JsonSerializerOptions.Web));
        var started = Stopwatch.GetTimestamp();
        var errors = lines.Count(l => ChargePreview.Answer(l).IsError);
        return errors == 0 ? lines.Count / Stopwatch.GetElapsedTime(started).TotalSeconds : throw new InvalidOperationException($"{errors} lines of the registry are not valid.");
    }

    private static async Task<(double Batches, double OneByOne)> LedgerAsync(List<VehicleView> registry, int count, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        try
        {
            await using var postgres = await EmbeddedPostgres.StartAsync(Path.Combine(folder, "postgres"), cancellationToken);
            await Migrations.RunAsync(postgres.ConnectionString, NullLogger.Instance, cancellationToken);
            await using var data = NpgsqlDataSource.Create(postgres.ConnectionString);
            await new VehicleRegistry(data, ChargingCity.London, TimeProvider.System).ApplyAsync(registry.ConvertAll(VehicleChange.Whole), cancellationToken);
            await using (var station = data.CreateCommand(
                "insert into stations values ('bench', 'bench', 51.5, -0.1); insert into station_zones (station_id, zone) values ('bench', 'ulez'), ('bench', 'lez'), ('bench', 'congestion')"))
            {
                await station.ExecuteNonQueryAsync(cancellationToken);
            }

            var (review, sightings, doubted, time) = (new ReviewQueue(TimeProvider.System), Options.Create(new SightingOptions()), Options.Create(new DoubtOptions()), TimeProvider.System);
            var doubts = new ReadingDoubts(new StationPlaces(time), new RecentReadings(sightings, doubted, time), review, ChargingCity.London, sightings, Options.Create(new PassageOptions()), doubted, time);
            var ledger = new ChargeLedger(review, doubts, ChargingCity.London, sightings, Options.Create(new ReviewOptions()), time);
            var batches = await RateAsync(data, ledger, [.. Sightings(registry, count, 0)], Batch, cancellationToken);
            var single = await RateAsync(data, ledger, [.. Sightings(registry, OneByOne, 400)], 1, cancellationToken);
            return (batches, single);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    // Each vehicle comes by again and again, as in a city.
    private static IEnumerable<ChargeableSighting> Sightings(List<VehicleView> registry, int count, int firstDay) => Enumerable.Range(0, count).Select(i =>
    {
        var at = Morning.AddDays(firstDay + (i / (3 * registry.Count))).AddSeconds(i % 3600);
        return new ChargeableSighting(Guid.CreateVersion7(at), at, registry[(int)(i * 7919L % registry.Count)].Plate, "bench", "bench", 0.99, "GB", null, null);
    });

    private static async Task<double> RateAsync(NpgsqlDataSource data, ChargeLedger ledger, ChargeableSighting[] sightings, int batch, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        foreach (var records in sightings.Chunk(batch))
        {
            await using var connection = await data.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ledger.ApplyAsync(connection, transaction, records, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }

        return sightings.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    private static void Print(ChargesFigures f)
    {
        var table = new Table().AddColumns("charges", "this", "baseline", "target");
        table.AddRow("rules alone, vehicle days/s", N(f.RulesPerSecond), "", "");
        table.AddRow("preview, JSON lines/s", N(f.PreviewPerSecond), "", "");
        table.AddRow("ledger on Postgres, sightings/s", N(f.LedgerPerSecond), $"{N(f.OneByOnePerSecond)} (one by one)", "");
        AnsiConsole.Write(table);

        static string N(double value) => value.ToString("N0", CultureInfo.InvariantCulture);
    }
}

internal sealed record ChargesFigures(double RulesPerSecond, double PreviewPerSecond, double LedgerPerSecond, double OneByOnePerSecond);

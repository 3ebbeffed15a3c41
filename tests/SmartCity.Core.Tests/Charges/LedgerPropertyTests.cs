using CsCheck;
using SmartCity.Contracts;
using SmartCity.Core.Charges;
using SmartCity.Core.Doubts;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Sightings;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Charges;

/// <summary>
/// Whatever order, repetition and cutting into batches sightings come in, and whatever corrections come between, what stands in the ledger is what
/// the rules say of the vehicles that were really seen.
/// </summary>
public sealed class LedgerPropertyTests(PostgresFixture postgres) : IClassFixture<PostgresFixture>
{
    private const string Central = "prop-central";
    private const string Outer = "prop-outer";
    private const int Samples = 25;

    private static readonly string[] Vehicles = ["PVOLD1", "PVNEW1", "PVVAN1", "PVHGV1", "PVBIKE1", "PVNONE1"];

    // Clock changes, midnight, Christmas, New Year, a bank holiday, the edges of the charging hours; UTC.
    private static readonly DateTimeOffset[] Moments =
    [
        At("2026-03-29T00:30:00Z"), At("2026-03-29T01:30:00Z"), At("2026-10-25T00:30:00Z"), At("2026-10-25T01:30:00Z"),
        At("2026-06-15T22:59:59Z"), At("2026-06-15T23:00:01Z"), At("2025-12-25T12:00:00Z"), At("2026-01-01T13:00:00Z"),
        At("2026-08-31T10:00:00Z"), At("2026-08-31T12:00:00Z"), At("2026-11-23T06:59:30Z"), At("2026-11-23T07:00:00Z"),
        At("2026-11-23T17:59:59Z"), At("2026-11-23T18:00:00Z"), At("2026-11-23T18:00:40Z"), At("2026-11-24T08:00:00Z"),
    ];

    private static readonly Gen<Sighting> AnySighting = Gen.Select(Of(Vehicles), Of(Moments), Of([Central, Outer]), Gen.Int[0, 9], Gen.Guid)
        .Select((plate, at, station, roll, id) => Sighting(plate, at, station, confidence: roll == 0 ? 0.5 : 0.97, id: id));

    [Fact]
    public async Task Any_order_and_any_repetition_gives_the_same_charges()
    {
        await SeedAsync();
        await SampleAsync(Gen.Select(AnySighting.List[1, 25], Gen.Int[1, 7], Gen.ULong), async set =>
        {
            var (sightings, batch, shuffle) = set;
            await ResetAsync();
            var core = new TestIngest(postgres.DataSource);
            foreach (var records in Shuffled([.. sightings, .. sightings], shuffle).Chunk(batch))
            {
                await core.ApplyAsync(Records(records));
            }

            Assert.Equal(Expected(sightings, []), await StandingAsync());
            await NothingTwiceAsync();
        });
    }

    [Fact]
    public async Task Cores_side_by_side_charge_once()
    {
        await SeedAsync();
        await SampleAsync(AnySighting.List[10, 40], async sightings =>
        {
            await ResetAsync();
            await Task.WhenAll(Enumerable.Range(0, 4).Select(async core =>
            {
                var ingest = new TestIngest(postgres.DataSource);
                foreach (var records in Shuffled(sightings, (ulong)core).Chunk(5))
                {
                    await ingest.ApplyAsync(Records(records));
                }
            }));
            Assert.Equal(Expected(sightings, []), await StandingAsync());
            await NothingTwiceAsync();
        });
    }

    [Fact]
    public async Task Corrections_between_replays_end_where_the_corrected_truth_does()
    {
        await SeedAsync();
        await SampleAsync(Gen.Select(AnySighting.List[2, 15], Gen.Select(Gen.Int[0, 100], Of<string?>([.. Vehicles, null])).List[1, 6], Gen.ULong), async set =>
        {
            var (sightings, decisions, shuffle) = set;
            await ResetAsync();
            var core = new TestIngest(postgres.DataSource);
            var truth = new Dictionary<Guid, string?>();
            await core.ApplyAsync(Records([.. sightings.Take(sightings.Count / 2 + 1)]));
            foreach (var (index, plate) in decisions)
            {
                var sighting = sightings[index % (sightings.Count / 2 + 1)];
                var decision = plate is null ? ReviewDecision.NoPlate : ReviewDecision.Corrected;
                Assert.NotNull(await core.Reviews.ApplyAsync(sighting.Id, decision, plate, null, "test", "a property", TestContext.Current.CancellationToken));
                truth[sighting.Id] = plate;
                foreach (var records in Shuffled(sightings, shuffle).Chunk(4))
                {
                    await core.ApplyAsync(Records(records));
                }
            }

            Assert.Equal(Expected(sightings, truth), await StandingAsync());
            await NothingTwiceAsync();
            Assert.Equal(0L, await postgres.ScalarAsync<long>(
                "select count(*) from sightings s where s.plate is not null and not exists (select from passages p where p.id = s.passage_id and p.plate = s.plate and s.captured_at between p.first_at and p.last_at)"));
            Assert.Equal(0L, await postgres.ScalarAsync<long>("select count(*) from passages p where p.sightings <> (select count(*) from sightings s where s.passage_id = p.id)"));
        });
    }

    // One at a time: they share the database.
    private static Task SampleAsync<T>(Gen<T> gen, Func<T, Task> property) => gen.SampleAsync(property, iter: Samples, threads: 1);

    private static Gen<T> Of<T>(IReadOnlyList<T> values) => Gen.Int[0, values.Count - 1].Select(i => values[i]);

    private static List<string> Expected(IEnumerable<Sighting> sightings, Dictionary<Guid, string?> truth) =>
    [
        .. sightings.DistinctBy(s => s.Id)
            .Where(s => truth.ContainsKey(s.Id) || s.Confidence >= 0.9)
            .Select(s => (Plate: truth.GetValueOrDefault(s.Id, s.Plate), s.CapturedAt, s.StationId, s.Id, IsReviewed: truth.ContainsKey(s.Id)))
            .Where(s => s.Plate is not null && Registered(s.Plate) is not null)
            .Select(s => new ChargeableSighting(s.Id, s.CapturedAt, s.Plate!, s.StationId, "", 0.97, null, null, null, s.IsReviewed))
            .GroupBy(s => s.Plate)
            .Select(g => (g.Key, Sightings: g.ExceptBy(TwoPlaces.Find(g, Places, new PassageOptions().Gap, new DoubtOptions()).Where(f => !f.Stay.IsReviewed).SelectMany(f => f.Stay.Readings).Select(r => r.Id), s => s.Id)))
            .SelectMany(g => ChargeRules.Assess(Registered(g.Key)!, [.. g.Sightings.Select(s => new ZonePassage(s.CapturedAt, s.StationId == Central ? ["ulez", "lez", "congestion"] : ["ulez", "lez"]))], TariffBook.Shipped)
                .Where(a => a.Verdict == Verdict.Charged)
                .Select(a => Line(g.Key, a.Scheme, a.Day, a.Amount)))
            .Order(StringComparer.Ordinal),
    ];

    private static readonly Dictionary<string, StationPlace> Places = new() { [Central] = new("c", 51.5, -0.1), [Outer] = new("o", 51.6, -0.2) };

    private static ChargedVehicle? Registered(string plate) => plate switch
    {
        "PVOLD1" => new("car", "diesel", 4, new(2009, 5, 1), null, 1500, null, []),
        "PVNEW1" => new("car", "petrol", 6, new(2021, 5, 1), null, 1400, null, []),
        "PVVAN1" => new("van", "diesel", 2, new(2003, 5, 1), null, 1700, null, []),
        "PVHGV1" => new("hgv", "diesel", 5, new(2011, 5, 1), null, 8000, null, []),
        "PVBIKE1" => new("motorcycle", "petrol", 2, new(2004, 5, 1), null, 200, null, []),
        _ => null,
    };

    private static string Line(string plate, string scheme, DateOnly day, decimal amount) => FormattableString.Invariant($"{plate} {scheme} {day:yyyy-MM-dd} {amount:0.00}");

    private static DateTimeOffset At(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    // The same in every process, so that what was found once is found again.
    private static Sighting[] Shuffled(IEnumerable<Sighting> sightings, ulong seed)
    {
        Sighting[] shuffled = [.. sightings];
        new Random((int)(seed % int.MaxValue)).Shuffle(shuffled);
        return shuffled;
    }

    private async Task<List<string>> StandingAsync()
    {
        await using var command = postgres.DataSource.CreateCommand(
            "select plate, scheme, day, sum(amount) from charge_entries group by plate, scheme, day having sum(amount) <> 0");
        await using var reader = await command.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var lines = new List<string>();
        while (await reader.ReadAsync(TestContext.Current.CancellationToken))
        {
            lines.Add(Line(reader.GetString(0), reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetDecimal(3)));
        }

        lines.Sort(StringComparer.Ordinal);
        return lines;
    }

    private async Task NothingTwiceAsync() => Assert.Equal(0L, await postgres.ScalarAsync<long>(
        """
        select count(*) from (
            select from charge_entries group by plate, scheme, day
            having count(*) filter (where kind = 'charge') - count(*) filter (where kind = 'reversal') not in (0, 1)) as wrong
        """));

    private async Task SeedAsync()
    {
        await postgres.ExecuteAsync(
            """
            insert into stations (id, name, latitude, longitude) values ('prop-central', 'c', 51.5, -0.1), ('prop-outer', 'o', 51.6, -0.2) on conflict do nothing;
            insert into station_zones (station_id, zone) values ('prop-central', 'ulez'), ('prop-central', 'lez'), ('prop-central', 'congestion'), ('prop-outer', 'ulez'), ('prop-outer', 'lez') on conflict do nothing;
            """);
        foreach (var plate in Vehicles)
        {
            if (Registered(plate) is { } v)
            {
                await postgres.ExecuteAsync(
                    "insert into vehicles (plate, class, fuel, euro, first_registered, unladen_kg) values ($1, $2, $3, $4, $5, $6) on conflict do nothing",
                    plate, v.Class, v.Fuel, v.Euro!, v.FirstRegistered!, v.UnladenKg!);
            }
        }
    }

    // As only whoever owns the tables can: the ledger lets nobody delete, and refuses to be emptied.
    private Task ResetAsync() => postgres.ExecuteAsync(
        "alter table charge_entries disable trigger charge_entries_not_truncated; truncate charge_entries, sightings, passages, review_cases, reviewed_reads, alerts, archive_queue, archive_batches, station_totals, charge_days_in_doubt cascade; alter table charge_entries enable trigger charge_entries_not_truncated");
}

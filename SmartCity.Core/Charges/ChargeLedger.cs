using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Passages;
using SmartCity.Core.Review;

namespace SmartCity.Core.Charges;

/// <summary>Makes the charges of passages: at most one for a plate, scheme and charging day, for ever, whatever arrives again or in which order.</summary>
public sealed class ChargeLedger(ReviewQueue review, TimeProvider time)
{
    /// <summary>Charges passages inside the caller's transaction; gives the charges that are new. What cannot be decided goes to review.</summary>
    /// <param name="changes">Passages whose plate was read with enough confidence to charge.</param>
    public async Task<IReadOnlyList<ChargeView>> ApplyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return [];
        }

        var vehicles = await VehiclesAsync(connection, transaction, changes, cancellationToken);
        var zones = await ZonesAsync(connection, transaction, changes, cancellationToken);
        var charges = new Dictionary<(string, string, DateOnly), ChargeView>();
        var cases = new List<ReviewCase>();
        var now = time.GetUtcNow();
        foreach (var change in changes)
        {
            if (!vehicles.TryGetValue(change.Plate, out var vehicle))
            {
                cases.Add(Case(change, "unregistered", $"The registry does not know {change.Plate}."));
                continue;
            }

            // A passage lasts a minute or so: what holds at its beginning or at its end holds for it.
            DateTimeOffset[] moments = [change.FirstAt, change.LastAt];
            var passages = moments.Select(at => new ZonePassage(at, ZonesOn(zones, change.StationId, ChargeRules.DayOf(at)))).ToArray();
            foreach (var assessment in ChargeRules.Assess(vehicle, passages, Tariff.London))
            {
                if (assessment.Verdict == Verdict.Review)
                {
                    cases.Add(Case(change, "unclassified", $"{assessment.Scheme.ToUpperInvariant()}: {assessment.Why}"));
                }
                else if (assessment.Verdict == Verdict.Charged)
                {
                    charges.TryAdd((change.Plate, assessment.Scheme, assessment.Day), View(change, assessment, now));
                }
            }
        }

        await review.AddAsync(connection, transaction, cases, cancellationToken);
        return await InsertAsync(connection, transaction, [.. charges.Values], cancellationToken);
    }

    private static ReviewCase Case(PassageChange change, string kind, string why) =>
        new(kind, why, change.BestSightingId, change.BestCapturedAt, change.StationId, change.Plate, change.Confidence, change.Evidence);

    private static ChargeView View(PassageChange change, Assessment assessment, DateTimeOffset now) => new()
    {
        Id = Guid.CreateVersion7(now),
        Plate = change.Plate,
        Scheme = assessment.Scheme,
        Day = assessment.Day,
        Amount = assessment.Amount,
        Kind = "charge",
        Rule = assessment.Rule,
        Why = assessment.Why,
        TariffVersion = Tariff.London.Version,
        SightingId = change.BestSightingId,
        StationId = change.StationId,
        Evidence = change.Evidence,
        TraceId = change.TraceId,
        RecordedAt = now,
    };

    private static string[] ZonesOn(ILookup<string, (string Zone, DateOnly From, DateOnly To)> zones, string stationId, DateOnly day) =>
        [.. zones[stationId].Where(z => z.From <= day && day < z.To).Select(z => z.Zone).Distinct()];

    private static async Task<Dictionary<string, ChargedVehicle>> VehiclesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select plate, class, fuel, euro, first_registered, unladen_kg, tax_class, discounts from vehicles where plate = any($1)", connection, transaction)
        {
            Parameters = { new() { Value = changes.Select(c => c.Plate).Distinct().ToArray() } },
        };
        var found = new Dictionary<string, ChargedVehicle>(StringComparer.Ordinal);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found[reader.GetString(0)] = new ChargedVehicle(
                reader.GetString(1),
                reader.GetString(2),
                reader.IsDBNull(3) ? null : reader.GetInt32(3),
                reader.IsDBNull(4) ? null : reader.GetFieldValue<DateOnly>(4),
                reader.IsDBNull(5) ? null : reader.GetInt32(5),
                reader.IsDBNull(6) ? null : reader.GetString(6),
                reader.GetFieldValue<string[]>(7));
        }

        return found;
    }

    private static async Task<ILookup<string, (string Zone, DateOnly From, DateOnly To)>> ZonesAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select station_id, zone, from_day, to_day from station_zones where station_id = any($1)", connection, transaction)
        {
            Parameters = { new() { Value = changes.Select(c => c.StationId).Distinct().ToArray() } },
        };
        var found = new List<(string Station, (string, DateOnly, DateOnly) Zone)>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            found.Add((reader.GetString(0), (reader.GetString(1), reader.GetFieldValue<DateOnly>(2), reader.GetFieldValue<DateOnly>(3))));
        }

        return found.ToLookup(f => f.Station, f => f.Zone, StringComparer.Ordinal);
    }

    private static async Task<IReadOnlyList<ChargeView>> InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<ChargeView> charges, CancellationToken cancellationToken)
    {
        if (charges.Count == 0)
        {
            return [];
        }

        // In key order, so that two batches never wait for one another crosswise.
        charges.Sort((a, b) => (a.Plate, a.Scheme, a.Day).CompareTo((b.Plate, b.Scheme, b.Day)));
        await using var command = new NpgsqlCommand(
            """
            insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, evidence, trace_id, recorded_at)
            select c.id, 'charge', c.plate, c.scheme, c.day, c.amount, c.rule, c.why, $8, c.sighting_id, c.station_id, c.evidence, c.trace_id, $13
            from unnest($1, $2, $3, $4, $5, $6, $7, $9, $10, $11, $12) as c (id, plate, scheme, day, amount, rule, why, sighting_id, station_id, evidence, trace_id)
            on conflict (plate, scheme, day, kind, generation) do nothing
            returning id
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = charges.ConvertAll(c => c.Id).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Plate).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Scheme).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Day).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Amount).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Rule).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Why).ToArray() },
                new() { Value = Tariff.London.Version },
                new() { Value = charges.ConvertAll(c => c.SightingId).ToArray() },
                new() { Value = charges.ConvertAll(c => c.StationId!).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Evidence).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = charges.ConvertAll(c => c.TraceId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = charges[0].RecordedAt },
            },
        };
        var inserted = new HashSet<Guid>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            inserted.Add(reader.GetGuid(0));
        }

        return charges.FindAll(c => inserted.Contains(c.Id));
    }
}

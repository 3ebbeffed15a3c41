using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Charges;

/// <summary>Rows of the append-only ledger.</summary>
internal static class ChargeEntries
{
    public const string Columns = "id, plate, scheme, day, amount, kind, rule, why, tariff_version, sighting_id, station_id, evidence, trace_id, recorded_at, reverses, facts, currency";

    public static ChargeView Read(NpgsqlDataReader r) => Read(r, 0);

    /// <param name="first">Column of the id.</param>
    public static ChargeView Read(NpgsqlDataReader r, int first) => new()
    {
        Id = r.GetGuid(first),
        Plate = r.GetString(first + 1),
        Scheme = r.GetString(first + 2),
        Day = r.GetFieldValue<DateOnly>(first + 3),
        Amount = r.GetDecimal(first + 4),
        Kind = r.GetString(first + 5),
        Rule = r.GetString(first + 6),
        Why = r.GetString(first + 7),
        TariffVersion = r.GetString(first + 8),
        SightingId = r.GetGuid(first + 9),
        StationId = r.GetString(first + 10),
        Evidence = r.Text(first + 11),
        TraceId = r.Text(first + 12),
        RecordedAt = r.Time(first + 13),
        Reverses = r.Id(first + 14),
        Facts = r.Text(first + 15) is { } facts ? JsonSerializer.Deserialize(facts, ContractsJson.Default.ChargedFacts) : null,
        Currency = r.GetString(first + 16),
    };

    /// <summary>
    /// Adds the charges that do not stand yet; gives those added. A charge's generation is the number of reversals before it: one that stands has it
    /// already, so that a second is in conflict.
    /// </summary>
    public static async Task<IReadOnlyList<ChargeView>> ChargeAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<ChargeView> charges, CancellationToken cancellationToken)
    {
        if (charges.Count == 0)
        {
            return [];
        }

        // In key order, so that two batches never wait for one another crosswise.
        charges.Sort((a, b) => (a.Plate, a.Scheme, a.Day).CompareTo((b.Plate, b.Scheme, b.Day)));
        var reversals = await ReversalsAsync(connection, transaction, [.. charges.Select(c => c.Plate).Distinct()], cancellationToken);
        charges = charges.FindAll(c => !reversals.TryGetValue((c.Plate, c.Scheme, c.Day), out var before) || !before.Waived);
        if (charges.Count == 0)
        {
            return [];
        }

        await using var command = new NpgsqlCommand(
            """
            insert into charge_entries (id, kind, plate, scheme, day, generation, amount, rule, why, tariff_version, sighting_id, station_id, evidence, trace_id, recorded_at, facts, currency)
            select c.id, 'charge', c.plate, c.scheme, c.day, c.generation, c.amount, c.rule, c.why, c.tariff_version, c.sighting_id, c.station_id, c.evidence, c.trace_id, $13, c.facts::jsonb, c.currency
            from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $14, $15, $16) as c (id, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, evidence, trace_id, generation, facts, currency)
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
                new() { Value = charges.ConvertAll(c => c.TariffVersion).ToArray() },
                new() { Value = charges.ConvertAll(c => c.SightingId).ToArray() },
                new() { Value = charges.ConvertAll(c => c.StationId!).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Evidence).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = charges.ConvertAll(c => c.TraceId).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = charges[0].RecordedAt },
                new() { Value = charges.ConvertAll(c => reversals.GetValueOrDefault((c.Plate, c.Scheme, c.Day)).Count).ToArray() },
                new() { Value = charges.ConvertAll(c => c.Facts is { } facts ? JsonSerializer.Serialize(facts, ContractsJson.Default.ChargedFacts) : null).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text },
                new() { Value = charges.ConvertAll(c => c.Currency).ToArray() },
            },
        };
        var added = (await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken)).ToHashSet();
        return charges.FindAll(c => added.Contains(c.Id));
    }

    private static async Task<Dictionary<(string, string, DateOnly), (int Count, bool Waived)>> ReversalsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] plates, CancellationToken cancellationToken)
    {
        // A charge whose dispute was upheld after a correction had taken it back waives too.
        await using var command = new NpgsqlCommand(
            """
            select plate, scheme, day, count(*)::int, bool_or(waives or exists (select from charge_disputes d where d.charge_id = e.reverses and d.state = 'upheld'))
            from charge_entries e where kind = 'reversal' and plate = any($1) group by plate, scheme, day
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = plates } },
        };
        var rows = await command.ReadAllAsync(r => (Key: (r.GetString(0), r.GetString(1), r.GetFieldValue<DateOnly>(2)), Before: (r.GetInt32(3), r.GetBoolean(4))), cancellationToken);
        return rows.ToDictionary(r => r.Key, r => r.Before);
    }

    // Of vehicles and days ($1, $2), what nothing has reversed.
    private const string Standing =
        """
        from charge_entries e join unnest($1, $2) as w (wanted_plate, wanted_day) on e.plate = w.wanted_plate and e.day = w.wanted_day
        where e.kind = 'charge' and not exists (select from charge_entries r where r.reverses = e.id)
        """;

    /// <summary>The charges of some vehicles and days that nothing has reversed.</summary>
    public static async Task<List<ChargeView>> StandingAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            $"select {Columns} {Standing}",
            connection,
            transaction)
        {
            Parameters = { new() { Value = days.Select(d => d.Plate).ToArray() }, new() { Value = days.Select(d => d.Day).ToArray() } },
        };
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <summary>The same for what is shown, without a transaction.</summary>
    public static async Task<StandingCharges> BeforeAsync(NpgsqlDataSource dataSource, VehicleDay[] days, CancellationToken cancellationToken)
    {
        if (days.Length == 0)
        {
            return new StandingCharges([]);
        }

        await using var command = dataSource.CreateCommand($"select e.id, e.plate, e.day, e.scheme, e.amount, e.recorded_at, e.sighting_id, e.currency {Standing}");
        command.Parameters.Add(new() { Value = Array.ConvertAll(days, d => d.Plate) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(days, d => d.Day) });
        return new StandingCharges(await command.ReadAllAsync(
            r => (new VehicleDay(r.GetString(1), r.GetFieldValue<DateOnly>(2)), r.GetGuid(6), new EarlierCharge(r.GetGuid(0), r.GetString(3), r.GetDecimal(4), r.GetString(7), r.Time(5))), cancellationToken));
    }

    /// <summary>Takes a standing charge back by a line of its own.</summary>
    /// <param name="waives">Nothing is charged again for its vehicle, scheme and day.</param>
    public static async Task<ChargeView> ReverseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, ChargeView charge, string why, DateTimeOffset now, CancellationToken cancellationToken, bool waives = false)
    {
        await using var command = new NpgsqlCommand(
            $"""
            insert into charge_entries (id, kind, plate, scheme, day, generation, amount, rule, why, tariff_version, sighting_id, station_id, evidence, trace_id, reverses, recorded_at, waives, facts, currency)
            select $2, 'reversal', plate, scheme, day, generation, -amount, rule, $3, tariff_version, sighting_id, station_id, evidence, trace_id, id, $4, $5, facts, currency from charge_entries where id = $1
            returning {Columns}
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = charge.Id }, new() { Value = Guid.CreateVersion7(now) }, new() { Value = why }, new() { Value = now }, new() { Value = waives } },
        };
        return (await command.ReadAllAsync(Read, cancellationToken))[0];
    }
}

/// <summary>Charges that stand, of some vehicles and days, each with the sighting that it rests on.</summary>
internal sealed class StandingCharges(IEnumerable<(VehicleDay Day, Guid Sighting, EarlierCharge Charge)> charges)
{
    private readonly ILookup<VehicleDay, (Guid Sighting, EarlierCharge Charge)> _charges = charges.ToLookup(c => c.Day, c => (c.Sighting, c.Charge));

    /// <summary>Those of the sighting's vehicle and day that rest on another one.</summary>
    public IReadOnlyList<EarlierCharge> Other(SightingView sighting, ChargingCity city) => sighting.Plate is null
        ? []
        : [.. _charges[new VehicleDay(sighting.Plate, city.DayOf(sighting.CapturedAt))].Where(c => c.Sighting != sighting.Id).Select(c => c.Charge).OrderBy(c => c.RecordedAt)];
}

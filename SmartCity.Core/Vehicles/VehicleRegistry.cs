using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Retention;

namespace SmartCity.Core.Vehicles;

/// <summary>The registry of vehicles in Postgres. What is found is what holds now, unless a day is asked for.</summary>
public sealed class VehicleRegistry(NpgsqlDataSource dataSource, ChargingCity city, TimeProvider time)
{
    /// <summary>Columns of <c>vehicles v</c> in the order that <see cref="Read"/> expects.</summary>
    internal const string Columns = $"{FactColumns}, {DiscountsNow}";

    internal const int ColumnCount = 15;

    private const int AtOnce = 5_000;

    /// <summary>A condition over <c>vehicles v</c>: what the row says holds by now. Of a vehicle whose first day is to come nothing is known yet.</summary>
    internal const string HasBegun = "v.since <= (now() at time zone coalesce((select time_zone from public.city), 'UTC'))::date";

    private const string FactColumns =
        "v.plate, v.make, v.model, v.colour, v.year, v.class, v.fuel, v.euro, v.first_registered, v.gross_kg, v.unladen_kg, v.tax_class, v.type_approval, v.keeper";

    private const string DiscountsNow =
        "array(select d.discount from vehicle_discounts d where d.plate = v.plate and (now() at time zone (select time_zone from public.city))::date between d.from_day and d.last_day order by d.discount)";

    private const string Facts = "plate, make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval, keeper";

    /// <summary>Those of the plates that are registered.</summary>
    public async Task<Dictionary<string, VehicleView>> FindAsync(IReadOnlyCollection<string> plates, CancellationToken cancellationToken)
    {
        if (plates.Count == 0)
        {
            return [];
        }

        await using var command = dataSource.CreateCommand($"select {Columns} from vehicles v where plate = any($1) and {HasBegun}");
        command.Parameters.Add(new() { Value = plates.ToArray() });
        var found = await command.ReadAllAsync(reader => Read(reader, 0)!, cancellationToken);
        return found.ToDictionary(v => v.Plate, StringComparer.Ordinal);
    }

    /// <summary>What is known of a vehicle over time, oldest first; null when it is not registered.</summary>
    public async Task<VehicleHistory?> HistoryAsync(string plate, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var timeline = (await LoadAsync(connection, [plate], cancellationToken))[plate];
        return timeline.Records.Count == 0 ? null : new VehicleHistory(
            [.. timeline.Records.Select(r => new VehicleRecord(Known(r.From), r.Facts, r.Source, r.RecordedAt))],
            [.. timeline.Discounts.OrderBy(d => d.From).Select(d => new RegisteredDiscount(d.Discount, Known(d.From), Known(d.Last), d.Source, d.RecordedAt))]);

        static DateOnly? Known(DateOnly day) => day == DateOnly.MinValue || day == DateOnly.MaxValue ? null : day;
    }

    /// <summary>Applies changes, in their order; what a vehicle was before stays known for the days before.</summary>
    /// <param name="call">The change of the call that they belong to; null for a transaction of their own.</param>
    /// <returns>The changes that could not be applied, by their place, and why.</returns>
    public Task<IReadOnlyList<(int Index, string Error)>> ApplyAsync(IReadOnlyList<VehicleChange> changes, CancellationToken cancellationToken, AuditedChange? call = null)
    {
        var now = time.GetUtcNow();
        var today = city.DayOf(now);
        return ChangeAsync(changes, c => c.Facts.Plate, (timeline, change) => timeline.Apply(change, today, now), call, cancellationToken);
    }

    /// <summary>Adds discounts for some days.</summary>
    /// <param name="call">The change of the call that they belong to; null for a transaction of their own.</param>
    /// <returns>Those whose vehicle the registry does not know, by their place.</returns>
    internal Task<IReadOnlyList<(int Index, string Error)>> AddDiscountsAsync(IReadOnlyList<(string Plate, DatedRegistration Discount)> discounts, CancellationToken cancellationToken, AuditedChange? call = null) =>
        ChangeAsync(
            discounts,
            d => d.Plate,
            (timeline, added) => timeline.Records.Count == 0 ? ($"the registry does not know {added.Plate}", false) : (null, timeline.AddDiscount(added.Discount)),
            call,
            cancellationToken);

    private async Task<IReadOnlyList<(int Index, string Error)>> ChangeAsync<T>(
        IReadOnlyList<T> changes, Func<T, string> plateOf, Func<VehicleTimeline, T, (string? Error, bool Changed)> apply, AuditedChange? call, CancellationToken cancellationToken)
    {
        await using var transaction = await ChangeTransaction.BeginAsync(call, dataSource, cancellationToken);
        var connection = transaction.Connection;
        await TakeTurnAsync(connection, transaction.Transaction, cancellationToken);

        var timelines = await LoadAsync(connection, [.. changes.Select(plateOf).Distinct()], cancellationToken);
        var before = timelines.Where(t => t.Value.Records.Count > 0).ToDictionary(t => t.Key, t => t.Value.Copy(), StringComparer.Ordinal);
        var changed = new HashSet<string>(StringComparer.Ordinal);
        var refused = new List<(int, string)>();
        for (var i = 0; i < changes.Count; i++)
        {
            var plate = plateOf(changes[i]);
            var (error, differs) = apply(timelines[plate], changes[i]);
            if (error is not null)
            {
                refused.Add((i, error));
            }
            else if (differs)
            {
                changed.Add(plate);
            }
        }

        var today = city.DayOf(time.GetUtcNow());
        await SaveAsync(connection, changed.ToDictionary(p => p, p => timelines[p], StringComparer.Ordinal), today, cancellationToken);
        await LateFacts.MakeDueAsync(connection, [.. changed.Where(before.ContainsKey).SelectMany(p => LateFacts.Between(before[p], timelines[p], today).Select(d => (p, d.First, d.Last)))], cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return refused;
    }

    /// <summary>Puts what was to come and has begun into <c>vehicles</c>, some vehicles at a time. Charges do not wait for it: they go by the day.</summary>
    internal async Task<int> BeginDueAsync(CancellationToken cancellationToken)
    {
        for (var all = 0; ;)
        {
            var some = await BeginSomeAsync(cancellationToken);
            all += some;
            if (some < AtOnce)
            {
                return all;
            }
        }
    }

    private async Task<int> BeginSomeAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await TakeTurnAsync(connection, transaction, cancellationToken);

        // Where something is to come, the last of it has no end.
        await using var due = new NpgsqlCommand(
            """
            select distinct h.plate from vehicle_history h join vehicles v on v.plate = h.plate
            where h.plate in (select plate from vehicle_history where to_day = 'infinity') and h.from_day > v.since and h.from_day <= $1 limit $2
            """,
            connection,
            transaction)
        { Parameters = { new() { Value = city.Today(time) }, new() { Value = AtOnce } }, CommandTimeout = RetentionRules.CommandSeconds };
        var plates = await due.ReadAllAsync(r => r.GetString(0), cancellationToken);
        await SaveAsync(connection, await LoadAsync(connection, [.. plates], cancellationToken), city.Today(time), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return plates.Count;
    }

    private static async Task TakeTurnAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var alone = new NpgsqlCommand("select pg_advisory_xact_lock(hashtext('vehicles'))", connection, transaction);
        await alone.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<Dictionary<string, VehicleTimeline>> LoadAsync(NpgsqlConnection connection, string[] plates, CancellationToken cancellationToken)
    {
        var records = plates.ToDictionary(p => p, _ => new List<DatedRecord>(), StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand(
            $"""
            select {Facts}, from_day, source, recorded_at from vehicle_history where plate = any($1)
            union all select {Facts}, since, source, recorded_at from vehicles where plate = any($1)
            order by from_day
            """,
            connection)
        { Parameters = { new() { Value = plates } } })
        {
            foreach (var record in await command.ReadAllAsync(r => new DatedRecord(r.GetFieldValue<DateOnly>(14), ReadFacts(r, 0), r.Text(15), r.Time(16)), cancellationToken))
            {
                records[record.Facts.Plate].Add(record);
            }
        }

        await using var discounts = new NpgsqlCommand("select plate, discount, from_day, last_day, source, recorded_at from vehicle_discounts where plate = any($1)", connection) { Parameters = { new() { Value = plates } } };
        var registered = (await discounts.ReadAllAsync(
            r => (Plate: r.GetString(0), Discount: new DatedRegistration(r.GetString(1), r.GetFieldValue<DateOnly>(2), r.GetFieldValue<DateOnly>(3), r.Text(4), r.Time(5))), cancellationToken)).ToLookup(d => d.Plate, d => d.Discount);
        return records.ToDictionary(r => r.Key, r => new VehicleTimeline(r.Value, [.. registered[r.Key]]), StringComparer.Ordinal);
    }

    private static async Task SaveAsync(NpgsqlConnection connection, Dictionary<string, VehicleTimeline> timelines, DateOnly today, CancellationToken cancellationToken)
    {
        if (timelines.Count == 0)
        {
            return;
        }

        string[] plates = [.. timelines.Keys];
        await ExecuteAsync("delete from vehicle_history where plate = any($1)");
        await ExecuteAsync("delete from vehicle_discounts where plate = any($1)");
        await ExecuteAsync("create temp table incoming (like vehicles including defaults) on commit drop");
        await using (var copy = await connection.BeginBinaryImportAsync($"copy incoming ({Facts}, since, source, recorded_at) from stdin (format binary)", cancellationToken))
        {
            foreach (var present in timelines.Values.Select(t => t.On(today)))
            {
                await WriteAsync(copy, present, null, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await ExecuteAsync(
            $"""
            insert into vehicles ({Facts}, since, source, recorded_at) select {Facts}, since, source, recorded_at from incoming
            on conflict (plate) do update set
                make = excluded.make, model = excluded.model, colour = excluded.colour, year = excluded.year, class = excluded.class, fuel = excluded.fuel,
                euro = excluded.euro, first_registered = excluded.first_registered, gross_kg = excluded.gross_kg, unladen_kg = excluded.unladen_kg,
                tax_class = excluded.tax_class, type_approval = excluded.type_approval, keeper = excluded.keeper,
                since = excluded.since, source = excluded.source, recorded_at = excluded.recorded_at
            """);
        await ExecuteAsync("drop table incoming");
        await using (var copy = await connection.BeginBinaryImportAsync($"copy vehicle_history ({Facts}, from_day, source, recorded_at, to_day) from stdin (format binary)", cancellationToken))
        {
            foreach (var timeline in timelines.Values)
            {
                var (records, present) = (timeline.Records, timeline.On(today));
                for (var i = 0; i < records.Count; i++)
                {
                    if (records[i] != present)
                    {
                        await WriteAsync(copy, records[i], i + 1 < records.Count ? records[i + 1].From : DateOnly.MaxValue, cancellationToken);
                    }
                }
            }

            await copy.CompleteAsync(cancellationToken);
        }

        await using (var copy = await connection.BeginBinaryImportAsync("copy vehicle_discounts (plate, discount, from_day, last_day, source, recorded_at) from stdin (format binary)", cancellationToken))
        {
            foreach (var (plate, discount) in timelines.SelectMany(t => t.Value.Discounts.Select(d => (t.Key, d))))
            {
                await copy.StartRowAsync(cancellationToken);
                await copy.WriteAsync(plate, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(discount.Discount, NpgsqlDbType.Text, cancellationToken);
                await copy.WriteAsync(discount.From, NpgsqlDbType.Date, cancellationToken);
                await copy.WriteAsync(discount.Last, NpgsqlDbType.Date, cancellationToken);
                await TextAsync(copy, discount.Source, cancellationToken);
                await copy.WriteAsync(discount.RecordedAt, NpgsqlDbType.TimestampTz, cancellationToken);
            }

            await copy.CompleteAsync(cancellationToken);
        }

        async Task ExecuteAsync(string sql)
        {
            await using var command = new NpgsqlCommand(sql, connection);
            if (sql.Contains("$1", StringComparison.Ordinal))
            {
                command.Parameters.Add(new() { Value = plates });
            }

            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>A vehicle from its columns, null when they are (a left join that found none).</summary>
    internal static VehicleView? Read(NpgsqlDataReader reader, int first) =>
        reader.IsDBNull(first) ? null : ReadFacts(reader, first) with { Discounts = reader.GetFieldValue<string[]>(first + 14) };

    private static VehicleView ReadFacts(NpgsqlDataReader reader, int first) => new()
    {
        Plate = reader.GetString(first),
        Make = reader.Text(first + 1),
        Model = reader.Text(first + 2),
        Colour = reader.Text(first + 3),
        Year = reader.Int(first + 4),
        Class = reader.GetString(first + 5),
        Fuel = reader.GetString(first + 6),
        Euro = reader.Int(first + 7),
        FirstRegistered = reader.IsDBNull(first + 8) ? null : reader.GetFieldValue<DateOnly>(first + 8),
        GrossKg = reader.Int(first + 9),
        UnladenKg = reader.Int(first + 10),
        TaxClass = reader.Text(first + 11),
        TypeApproval = reader.Text(first + 12),
        Keeper = reader.Text(first + 13),
    };

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, DatedRecord record, DateOnly? until, CancellationToken cancellationToken)
    {
        var v = record.Facts;
        await copy.StartRowAsync(cancellationToken);
        await copy.WriteAsync(v.Plate, NpgsqlDbType.Text, cancellationToken);
        await TextAsync(copy, v.Make, cancellationToken);
        await TextAsync(copy, v.Model, cancellationToken);
        await TextAsync(copy, v.Colour, cancellationToken);
        await ValueAsync(v.Year, NpgsqlDbType.Integer);
        await TextAsync(copy, v.Class, cancellationToken);
        await TextAsync(copy, v.Fuel, cancellationToken);
        await ValueAsync(v.Euro, NpgsqlDbType.Integer);
        await ValueAsync(v.FirstRegistered, NpgsqlDbType.Date);
        await ValueAsync(v.GrossKg, NpgsqlDbType.Integer);
        await ValueAsync(v.UnladenKg, NpgsqlDbType.Integer);
        await TextAsync(copy, v.TaxClass, cancellationToken);
        await TextAsync(copy, v.TypeApproval, cancellationToken);
        await TextAsync(copy, v.Keeper, cancellationToken);
        await copy.WriteAsync(record.From, NpgsqlDbType.Date, cancellationToken);
        await TextAsync(copy, record.Source, cancellationToken);
        await copy.WriteAsync(record.RecordedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        if (until is not null)
        {
            await ValueAsync(until, NpgsqlDbType.Date);
        }

        Task ValueAsync<T>(T? value, NpgsqlDbType type)
            where T : struct => value is { } known ? copy.WriteAsync(known, type, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }

    private static Task TextAsync(NpgsqlBinaryImporter copy, string? text, CancellationToken cancellationToken) =>
        text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
}

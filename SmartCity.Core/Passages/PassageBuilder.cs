using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;
using SmartCity.Core.Sightings;

namespace SmartCity.Core.Passages;

/// <summary>Applies <see cref="PassageRule"/> to a batch: a few statements, however large the batch is.</summary>
public sealed class PassageBuilder(IOptions<PassageOptions> options, SeenPlates seen)
{
    private const string Columns = "id, plate, country, station_id, camera_id, direction, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence, evidence, trace_id";

    /// <summary>
    /// Makes, extends and joins passages for sightings that are new to the database, and returns the passage of each.
    /// The caller holds the stations' locks, so that no other core changes the same passages.
    /// </summary>
    public async Task<PassageBatch> ApplyAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        IReadOnlyList<SightingRecord> sightings,
        CancellationToken cancellationToken)
    {
        var groups = sightings.Where(s => s.Sighting.Plate is not null)
            .GroupBy(s => new VehicleAtStation(s.Sighting.Plate!, s.Sighting.StationId))
            .ToDictionary(g => g.Key, g => g.ToList());
        if (groups.Count == 0)
        {
            return PassageBatch.Empty;
        }

        var (stored, state) = await LoadNeighboursAsync(connection, transaction, groups, cancellationToken);
        var changes = new List<(Passage Passage, bool IsNew)>(groups.Count);
        var membership = new Dictionary<SightingRecord, Guid>(sightings.Count);
        foreach (var (key, members) in groups)
        {
            var merged = PassageRule.Merge(members.Select(Single).Concat(stored[key]), options.Value.Gap);
            var touched = new List<Passage>();
            foreach (var passage in merged.Where(p => p.Changed))
            {
                var named = passage.Id is null ? passage with { Id = PassageRule.NewId(passage) } : passage;
                changes.Add((named, passage.Id is null));
                touched.Add(named);
            }

            foreach (var member in members)
            {
                membership[member] = touched.First(p => p.FirstAt <= member.Sighting.CapturedAt && member.Sighting.CapturedAt <= p.LastAt).Id!.Value;
            }
        }

        await StoreAsync(connection, transaction, changes, state, cancellationToken);
        return new PassageBatch(changes.ConvertAll(c => Change(c.Passage, c.IsNew)), membership) { Seen = state };
    }

    /// <summary>The last statements of a batch: where plates were taken out of the table meanwhile, all of its own are put in.</summary>
    /// <param name="also">What goes with them.</param>
    public static async Task BeforeCommitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, PassageBatch batch, NpgsqlBatchCommand? also, CancellationToken cancellationToken)
    {
        if (batch.Changes.Count == 0 && also is null)
        {
            return;
        }

        await using var last = new NpgsqlBatch(connection, transaction) { BatchCommands = { new("select last_value from seen_plates_removals") } };
        if (also is not null)
        {
            last.BatchCommands.Add(also);
        }

        var removals = (long)(await last.ExecuteScalarAsync(cancellationToken))!;
        if (batch.Changes.Count > 0 && batch.Seen.Removals != removals)
        {
            await using var add = new NpgsqlBatch(connection, transaction) { BatchCommands = { Add([.. batch.Changes.Select(c => c.Plate).Distinct().Order(StringComparer.Ordinal)]) } };
            await add.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Once a batch is committed: its plates are known from then on.</summary>
    public void Committed(PassageBatch batch)
    {
        if (batch.Changes.Count > 0)
        {
            seen.Remember(batch.Seen, batch.Changes.Select(c => c.Plate).ToHashSet(StringComparer.Ordinal));
        }
    }

    /// <summary>
    /// Makes a passage anew from the sightings that still belong to it, after one has left: it may shrink, fall into several, or vanish. The caller
    /// has taken the sighting's plate or passage off it, and holds the correction gate.
    /// </summary>
    public async Task LeaveAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid passageId, CancellationToken cancellationToken)
    {
        var left = await LoadMembersAsync(connection, transaction, passageId, cancellationToken);
        var pieces = PassageRule.Merge(left, options.Value.Gap).Select((p, i) => p with { Id = i == 0 ? passageId : PassageRule.NewId(p) }).ToList();
        await using (var gone = new NpgsqlCommand("delete from passages where id = $1", connection, transaction) { Parameters = { new() { Value = passageId } } })
        {
            await gone.ExecuteNonQueryAsync(cancellationToken);
        }

        if (pieces.Count == 0)
        {
            return;
        }

        await StoreAsync(connection, transaction, pieces.ConvertAll(p => (p, true)), null, cancellationToken);
        await using var move = new NpgsqlCommand(
            """
            update sightings s set passage_id = p.id from unnest($2, $3, $4) as p (id, first_at, last_at)
            where s.passage_id = $1 and s.captured_at between p.first_at and p.last_at and s.captured_at between $5 and $6
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = passageId },
                new() { Value = pieces.ConvertAll(p => p.Id!.Value).ToArray() },
                new() { Value = pieces.ConvertAll(p => p.FirstAt).ToArray() },
                new() { Value = pieces.ConvertAll(p => p.LastAt).ToArray() },
                new() { Value = pieces.Min(p => p.FirstAt) },
                new() { Value = pieces.Max(p => p.LastAt) },
            },
        };
        await move.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<List<Passage>> LoadMembersAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, Guid passageId, CancellationToken cancellationToken)
    {
        await using var of = new NpgsqlCommand("select plate, first_at, last_at from passages where id = $1", connection, transaction) { Parameters = { new() { Value = passageId } } };
        if (await of.ReadAllAsync(r => (Plate: r.GetString(0), From: r.Time(1), To: r.Time(2)), cancellationToken) is not [var span])
        {
            return [];
        }

        // The passage's span still has the sighting that left: the days to look at are those of the span.
        await using var command = new NpgsqlCommand(
            """
            select s.id, s.captured_at, case when s.reviewed_at is null then s.confidence else 1 end, s.plate, s.station_id, s.camera_id, s.direction, s.country, s.evidence, s.trace_id
            from sightings s where s.passage_id = $1 and s.plate = $2 and s.captured_at between $3 and $4
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = passageId }, new() { Value = span.Plate }, new() { Value = span.From }, new() { Value = span.To } },
        };
        return await command.ReadAllAsync(
            r => new Passage
            {
                Id = null,
                Plate = r.GetString(3),
                StationId = r.GetString(4),
                FirstAt = r.Time(1),
                LastAt = r.Time(1),
                Sightings = 1,
                Best = new BestSighting(r.GetGuid(0), r.Time(1), r.GetDouble(2), r.GetString(5), r.Text(6), r.Text(7), r.Text(8), r.Text(9)),
                Changed = true,
            },
            cancellationToken);
    }

    private async Task<(ILookup<VehicleAtStation, Passage> Passages, SeenState Seen)> LoadNeighboursAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        Dictionary<VehicleAtStation, List<SightingRecord>> groups,
        CancellationToken cancellationToken)
    {
        var windows = groups.Select(g => (g.Key, From: g.Value.Min(s => s.Sighting.CapturedAt), To: g.Value.Max(s => s.Sighting.CapturedAt))).ToArray();
        var gap = options.Value.Gap;
        // "offset 0" keeps the look-up by index whatever the planner believes of the tables, and the empty text keeps it to the plate's: a station has too many passages.
        var neighbours = new NpgsqlBatchCommand(
            """
            select p.id, p.plate, p.station_id, p.first_at, p.last_at, p.sightings, p.best_sighting_id, p.best_at, p.best_confidence,
                   p.camera_id, p.direction, p.country, p.evidence, p.trace_id
            from unnest($1, $2, $3, $4, $5) as w (plate, station_id, began_from, from_at, to_at)
            cross join lateral (
                select * from passages
                where plate = w.plate and first_at >= w.began_from and first_at <= w.to_at and station_id || '' = w.station_id and last_at >= w.from_at
                offset 0) as p
            """)
        {
            Parameters =
            {
                new() { Value = windows.Select(w => w.Key.Plate).ToArray() },
                new() { Value = windows.Select(w => w.Key.StationId).ToArray() },
                new() { Value = windows.Select(w => w.From - gap - PassageRule.Longest).ToArray() },
                new() { Value = windows.Select(w => w.From - gap).ToArray() },
                new() { Value = windows.Select(w => w.To + gap).ToArray() },
            },
        };
        await using var batch = new NpgsqlBatch(connection, transaction) { BatchCommands = { new("select last_value, pg_postmaster_start_time(), 'seen_plates'::regclass::oid from seen_plates_removals"), neighbours } };
        await using var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        var state = new SeenState(reader.GetInt64(0), reader.GetFieldValue<DateTimeOffset>(1), reader.GetFieldValue<uint>(2));
        await reader.NextResultAsync(cancellationToken);
        var passages = new List<Passage>();
        while (await reader.ReadAsync(cancellationToken))
        {
            passages.Add(new Passage
            {
                Id = reader.GetGuid(0),
                Plate = reader.GetString(1),
                StationId = reader.GetString(2),
                FirstAt = reader.GetFieldValue<DateTimeOffset>(3),
                LastAt = reader.GetFieldValue<DateTimeOffset>(4),
                Sightings = reader.GetInt32(5),
                Best = new BestSighting(
                    reader.GetGuid(6),
                    reader.GetFieldValue<DateTimeOffset>(7),
                    reader.GetDouble(8),
                    reader.GetString(9),
                    reader.IsDBNull(10) ? null : reader.GetString(10),
                    reader.IsDBNull(11) ? null : reader.GetString(11),
                    reader.IsDBNull(12) ? null : reader.GetString(12),
                    reader.IsDBNull(13) ? null : reader.GetString(13)),
            });
        }

        return (passages.ToLookup(p => new VehicleAtStation(p.Plate, p.StationId)), state);
    }

    // Pieces of a passage are of a plate that is in the table already, and say nothing of its state.
    private async Task StoreAsync(
        NpgsqlConnection connection,
        NpgsqlTransaction transaction,
        List<(Passage Passage, bool IsNew)> passages,
        SeenState? state,
        CancellationToken cancellationToken)
    {
        var joined = passages.Select(p => p.Passage).SelectMany(p => p.Absorbed.Select(a => (Absorbed: a, p.Plate, p.FirstAt, p.LastAt, Into: p.Id!.Value))).ToArray();
        await using var batch = new NpgsqlBatch(connection, transaction);
        if (joined.Length > 0)
        {
            batch.BatchCommands.Add(new NpgsqlBatchCommand(
                """
                update sightings s set passage_id = j.into_id
                from unnest($1, $2, $3, $4, $5) as j (absorbed, plate, first_at, last_at, into_id)
                where s.plate = j.plate and s.captured_at between j.first_at and j.last_at and s.passage_id = j.absorbed and s.captured_at between $6 and $7
                """)
            {
                Parameters =
                {
                    new() { Value = joined.Select(j => j.Absorbed).ToArray() },
                    new() { Value = joined.Select(j => j.Plate).ToArray() },
                    new() { Value = joined.Select(j => j.FirstAt).ToArray() },
                    new() { Value = joined.Select(j => j.LastAt).ToArray() },
                    new() { Value = joined.Select(j => j.Into).ToArray() },
                    new() { Value = joined.Min(j => j.FirstAt) },
                    new() { Value = joined.Max(j => j.LastAt) },
                },
            });
            batch.BatchCommands.Add(new NpgsqlBatchCommand("delete from passages where id = any($1)")
            {
                Parameters = { new() { Value = joined.Select(j => j.Absorbed).ToArray() } },
            });
        }

        var grown = passages.FindAll(p => !p.IsNew).ConvertAll(p => p.Passage);
        if (grown.Count > 0)
        {
            batch.BatchCommands.Add(Upsert(grown));
        }

        var made = passages.FindAll(p => p.IsNew).ConvertAll(p => p.Passage);
        batch.BatchCommands.Add(new("select exists (select from unnest($1) as w (id) cross join lateral (select from passages where id = w.id offset 0) as p)") { Parameters = { new() { Value = made.Select(p => p.Id!.Value).ToArray() } } });

        // In one order everywhere: two batches with the same new plates would wait for each other otherwise.
        if (state is { } now && seen.Unknown(now, passages.Select(p => p.Passage.Plate)) is { Length: > 0 } unknown)
        {
            batch.BatchCommands.Add(Add(unknown));
        }

        if ((bool)(await batch.ExecuteScalarAsync(cancellationToken))!)
        {
            // After corrections an id may have been given to the same sighting's passage before.
            await using var again = new NpgsqlBatch(connection, transaction) { BatchCommands = { Upsert(made) } };
            await again.ExecuteNonQueryAsync(cancellationToken);
        }
        else if (made.Count > 0)
        {
            await CopyAsync(connection, made, cancellationToken);
        }
    }

    // Page by page: an insert writes to the write-ahead log row by row, and another line for each row when it says what to do in a conflict.
    private static async Task CopyAsync(NpgsqlConnection connection, List<Passage> passages, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync($"copy passages ({Columns}) from stdin (format binary)", cancellationToken);
        foreach (var p in passages)
        {
            await copy.StartRowAsync(cancellationToken);
            await copy.WriteAsync(p.Id!.Value, NpgsqlDbType.Uuid, cancellationToken);
            await TextAsync(p.Plate);
            await TextAsync(p.Best.Country);
            await TextAsync(p.StationId);
            await TextAsync(p.Best.CameraId);
            await TextAsync(p.Best.Direction);
            await copy.WriteAsync(p.FirstAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(p.LastAt, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(p.Sightings, NpgsqlDbType.Integer, cancellationToken);
            await copy.WriteAsync(p.Best.Id, NpgsqlDbType.Uuid, cancellationToken);
            await copy.WriteAsync(p.Best.At, NpgsqlDbType.TimestampTz, cancellationToken);
            await copy.WriteAsync(p.Best.Confidence, NpgsqlDbType.Double, cancellationToken);
            await TextAsync(p.Best.Evidence);
            await TextAsync(p.Best.TraceId);
        }

        await copy.CompleteAsync(cancellationToken);

        Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);
    }

    private static NpgsqlBatchCommand Upsert(List<Passage> passages) => new(
        $"""
        insert into passages ({Columns})
        select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)
        on conflict (id) do update set
            country = excluded.country, camera_id = excluded.camera_id, direction = excluded.direction,
            first_at = excluded.first_at, last_at = excluded.last_at, sightings = excluded.sightings,
            best_sighting_id = excluded.best_sighting_id, best_at = excluded.best_at, best_confidence = excluded.best_confidence,
            evidence = excluded.evidence, trace_id = excluded.trace_id
        """)
    {
        Parameters =
        {
            new() { Value = passages.Select(p => p.Id!.Value).ToArray() },
            new() { Value = passages.Select(p => p.Plate).ToArray() },
            Text(passages.Select(p => p.Best.Country)),
            new() { Value = passages.Select(p => p.StationId).ToArray() },
            new() { Value = passages.Select(p => p.Best.CameraId).ToArray() },
            Text(passages.Select(p => p.Best.Direction)),
            new() { Value = passages.Select(p => p.FirstAt).ToArray() },
            new() { Value = passages.Select(p => p.LastAt).ToArray() },
            new() { Value = passages.Select(p => p.Sightings).ToArray() },
            new() { Value = passages.Select(p => p.Best.Id).ToArray() },
            new() { Value = passages.Select(p => p.Best.At).ToArray() },
            new() { Value = passages.Select(p => p.Best.Confidence).ToArray() },
            Text(passages.Select(p => p.Best.Evidence)),
            Text(passages.Select(p => p.Best.TraceId)),
        },
    };

    private static NpgsqlBatchCommand Add(string[] plates) =>
        new("insert into seen_plates select plate from unnest($1) plate on conflict do nothing") { Parameters = { new() { Value = plates } } };

    private static NpgsqlParameter Text(IEnumerable<string?> values) =>
        new() { Value = values.ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };

    private static Passage Single(SightingRecord record)
    {
        var s = record.Sighting;
        return new Passage
        {
            Id = null,
            Plate = s.Plate!,
            StationId = s.StationId,
            FirstAt = s.CapturedAt,
            LastAt = s.CapturedAt,
            Sightings = 1,
            Best = new BestSighting(s.Id, s.CapturedAt, s.Confidence, s.CameraId, s.Direction, s.Country, s.Evidence, record.TraceId),
            Changed = true,
        };
    }

    private static PassageChange Change(Passage p, bool isNew) => new(
        p.Id!.Value, isNew, p.Plate, p.Best.Country, p.Best.Confidence, p.StationId, p.Best.CameraId, p.Best.Direction,
        p.FirstAt, p.LastAt, p.Best.Id, p.Best.At, p.Best.Evidence, p.Best.TraceId)
    {
        Absorbed = p.Absorbed,
    };
}

internal readonly record struct VehicleAtStation(string Plate, string StationId);

/// <summary>What a batch did to passages.</summary>
/// <param name="PassageOf">The passage of each of the batch's read sightings.</param>
public sealed record PassageBatch(IReadOnlyList<PassageChange> Changes, IReadOnlyDictionary<SightingRecord, Guid> PassageOf)
{
    /// <summary>What <c>seen_plates</c> was when its plates were added.</summary>
    public SeenState Seen { get; init; }

    public static readonly PassageBatch Empty = new([], new Dictionary<SightingRecord, Guid>());
}

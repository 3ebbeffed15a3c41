using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;

namespace SmartCity.Core.Sightings;

/// <summary>Rows of <c>sightings</c> and <c>station_totals</c>, a batch at a time.</summary>
internal static class SightingStore
{
    /// <summary>Takes the stations for this transaction, in one order everywhere: batches of one station never interleave.</summary>
    public static async Task LockStationsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<SightingRecord> records, CancellationToken cancellationToken)
    {
        var stations = records.Select(r => r.Sighting.StationId).Distinct().Order(StringComparer.Ordinal).ToArray();
        await using var command = new NpgsqlCommand(
            "select pg_advisory_xact_lock(1, k) from (select distinct hashtext(s) as k from unnest($1) as s order by 1) as keys",
            connection,
            transaction)
        {
            Parameters = { new() { Value = stations } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// The records whose sightings the database does not have yet, those that are a later revision of what it has, and those of a later revision with the
    /// same reading, which only say more of how the vehicle moved; each sighting once, in its latest revision. Repeated are those of which the database has
    /// a sighting from this very batch: it was committed, and its positions or the answer were not.
    /// </summary>
    public static async Task<(List<SightingRecord> Fresh, List<SightingRecord> Revised, List<SightingRecord> Moved, HashSet<SightingRecord> Repeated)> SelectNewAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<SightingRecord> records, CancellationToken cancellationToken)
    {
        var byKey = new Dictionary<(DateTimeOffset At, Guid Id), SightingRecord>(records.Count);
        foreach (var record in records)
        {
            var key = (record.Sighting.CapturedAt, record.Sighting.Id);
            if (byKey.TryGetValue(key, out var known) && known.Sighting.StationId != record.Sighting.StationId)
            {
                throw new ForgedSightingException(record.Sighting, known.Sighting.StationId);
            }

            if (known is not null && known.Sighting.Revision == record.Sighting.Revision)
            {
                ContradictorySightingException.ThrowIf(record.Sighting, known.Sighting.Plate, known.Sighting.CameraId);
            }

            if (known is null || known.Sighting.Revision < record.Sighting.Revision)
            {
                byKey[key] = record;
            }
        }

        await OneTimeEachAsync(connection, transaction, [.. byKey.Keys], cancellationToken);

        // The plain bounds are for the planner: a statement locks the day tables that it cannot leave out while it is planned, and there may be thousands.
        await using var command = new NpgsqlCommand(
            """
            select k.captured_at, k.id, stored.* from unnest($1, $2) as k (captured_at, id)
            cross join lateral (
                select s.revision, s.plate, s.country, s.confidence, s.clock_synchronised, s.evidence, s.station_id, s.topic, s.partition, s.record_offset,
                    s.camera_id, s.erased_at is not null or s.reviewed_at is not null or exists (select from review_proposals p where p.sighting_id = s.id) from sightings s
                where s.captured_at = k.captured_at and s.id = k.id and s.captured_at between $3 and $4 offset 0
            ) as stored
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = byKey.Keys.Select(k => k.Item1).ToArray() },
                new() { Value = byKey.Keys.Select(k => k.Item2).ToArray() },
                new() { Value = byKey.Keys.Min(k => k.Item1) },
                new() { Value = byKey.Keys.Max(k => k.Item1) },
            },
        };
        var (revised, moved, repeated) = (new List<SightingRecord>(), new List<SightingRecord>(), new HashSet<(DateTimeOffset, Guid)>());
        var positions = records.Select(r => r.Position).ToHashSet();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var key = (reader.GetFieldValue<DateTimeOffset>(0), reader.GetGuid(1));
            if (!byKey.Remove(key, out var record))
            {
                continue;
            }

            if (reader.GetString(8) != record.Sighting.StationId)
            {
                throw new ForgedSightingException(record.Sighting, reader.GetString(8));
            }

            if (record.Sighting.Revision == reader.GetInt32(2) && !reader.GetBoolean(13))
            {
                ContradictorySightingException.ThrowIf(record.Sighting, reader.Text(3), reader.GetString(12));
            }

            if (record.Sighting.Revision > reader.GetInt32(2))
            {
                var s = record.Sighting;
                var isSame = (s.Plate, s.Country, s.Confidence, s.ClockSynchronised, s.Evidence) == (reader.Text(3), reader.Text(4), reader.GetDouble(5), reader.Bool(6), reader.Text(7));
                (isSame ? moved : revised).Add(record);
            }

            if (positions.Contains(new RecordPosition(reader.GetString(9), reader.GetInt32(10), reader.GetInt64(11))))
            {
                repeated.Add(key);
            }
        }

        return ([.. byKey.Values], revised, moved, repeated.Count == 0 ? [] : [.. records.Where(r => repeated.Contains((r.Sighting.CapturedAt, r.Sighting.Id))).Except([.. revised, .. moved])]);
    }

    /// <summary>An id is one sighting's, and a sighting was captured once: the same id with another time would be charged on two days.</summary>
    private static async Task OneTimeEachAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, (DateTimeOffset At, Guid Id)[] keys, CancellationToken cancellationToken)
    {
        if (keys.CountBy(k => k.Id).Where(c => c.Value > 1).Select(c => (Guid?)c.Key).FirstOrDefault() is { } twice)
        {
            throw new ContradictorySightingException(twice, keys.First(k => k.Id == twice).At, keys.Last(k => k.Id == twice).At);
        }

        // Usually the id says the time. Where it says another, the time is noted; and nothing may stand where the id says.
        // A batch with such ids has no other one beside it from here on: neither of two would see what the other one has stored.
        var odd = Array.FindAll(keys, k => SightingDays.Made(k.Id) != k.At);
        await using (var beside = new NpgsqlCommand(odd.Length > 0 ? "select pg_advisory_xact_lock(8, 0)" : "select pg_advisory_xact_lock_shared(8, 0)", connection, transaction))
        {
            await beside.ExecuteNonQueryAsync(cancellationToken);
        }

        if (odd.Length > 0)
        {
            await using var note = new NpgsqlCommand(
                """
                insert into sighting_times as t (id, captured_at) select id, captured_at from unnest($1, $2) as k (id, captured_at) order by id
                on conflict (id) do update set captured_at = t.captured_at
                """,
                connection,
                transaction)
            {
                Parameters = { new() { Value = Array.ConvertAll(odd, k => k.Id) }, new() { Value = Array.ConvertAll(odd, k => k.At) } },
            };
            await note.ExecuteNonQueryAsync(cancellationToken);
        }

        var made = odd.Select(k => (k.Id, At: SightingDays.Made(k.Id))).Where(k => k.At is not null).ToArray();
        await using var known = new NpgsqlCommand("select id, captured_at from sighting_times where id = any($1)", connection, transaction)
        {
            Parameters = { new() { Value = Array.ConvertAll(keys, k => k.Id) } },
        };
        if (made.Length > 0)
        {
            known.CommandText +=
                """
                 union all select k.id, k.at from unnest($2, $3) as k (id, at)
                cross join lateral (select from sightings s where s.captured_at = k.at and s.id = k.id and s.captured_at between $4 and $5 offset 0) as s
                """;
            known.Parameters.Add(new() { Value = Array.ConvertAll(made, m => m.Id) });
            known.Parameters.Add(new() { Value = Array.ConvertAll(made, m => m.At!.Value) });
            known.Parameters.Add(new() { Value = made.Min(m => m.At!.Value) });
            known.Parameters.Add(new() { Value = made.Max(m => m.At!.Value) });
        }

        var times = keys.ToDictionary(k => k.Id, k => k.At.UtcTicks / TimeSpan.TicksPerMicrosecond);
        foreach (var (id, at) in await known.ReadAllAsync(r => (r.GetGuid(0), r.Time(1)), cancellationToken))
        {
            if (times[id] != at.UtcTicks / TimeSpan.TicksPerMicrosecond)
            {
                throw new ContradictorySightingException(id, at, Array.Find(keys, k => k.Id == id).At);
            }
        }
    }

    public static async Task CopyAsync(NpgsqlConnection connection, IReadOnlyList<SightingRecord> records, IReadOnlyDictionary<SightingRecord, Guid> passageOf, DateTimeOffset storedAt, CancellationToken cancellationToken)
    {
        await using var copy = await connection.BeginBinaryImportAsync(
            """
            copy sightings (id, captured_at, station_id, camera_id, lane, direction, plate, country, format, confidence, characters, alternatives,
                            frames, box, evidence, detector_version, reader_version, speed_kmh, clock_synchronised, revision, movement, evidence_sha256, patch_sha256, trace_id, topic, partition, record_offset, stored_at, passage_id)
            from stdin (format binary)
            """,
            cancellationToken);
        foreach (var record in records)
        {
            await WriteAsync(copy, record, passageOf.TryGetValue(record, out var passage) ? passage : null, storedAt, cancellationToken);
        }

        await copy.CompleteAsync(cancellationToken);
    }

    public static async Task AddTotalsAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<StationTotal> totals, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            insert into station_totals as t (station_id, stored, duplicates, newest, sent_to)
            select * from unnest($1, $2, $3, $4, $5)
            on conflict (station_id) do update set
                stored = t.stored + excluded.stored, duplicates = t.duplicates + excluded.duplicates, newest = greatest(case when t.newest <= $6 then t.newest end, excluded.newest),
                sent_to = coalesce(excluded.sent_to, t.sent_to)
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = totals.Select(t => t.StationId).ToArray() },
                new() { Value = totals.Select(t => t.Stored).ToArray() },
                new() { Value = totals.Select(t => t.Duplicates).ToArray() },
                new() { Value = totals.Select(t => t.Newest).ToArray() },
                new() { Value = totals.Select(t => t.SentTo).ToArray() },
                new() { Value = now + SightingOptions.Ahead },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task WriteAsync(NpgsqlBinaryImporter copy, SightingRecord record, Guid? passage, DateTimeOffset storedAt, CancellationToken cancellationToken)
    {
        var s = record.Sighting;
        await copy.StartRowAsync(cancellationToken);
        await copy.WriteAsync(s.Id, NpgsqlDbType.Uuid, cancellationToken);
        await copy.WriteAsync(s.CapturedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        await TextAsync(s.StationId);
        await TextAsync(s.CameraId);
        await ValueAsync(s.Lane, NpgsqlDbType.Integer);
        await TextAsync(s.Direction);
        await TextAsync(s.Plate);
        await TextAsync(s.Country);
        await TextAsync(s.Format);
        await copy.WriteAsync(s.Confidence, NpgsqlDbType.Double, cancellationToken);
        await copy.WriteAsync(Singles(s.Characters), NpgsqlDbType.Array | NpgsqlDbType.Real, cancellationToken);
        await copy.WriteAsync(s.Alternatives.Count == 0 ? "[]" : JsonSerializer.Serialize(s.Alternatives, JsonSerializerOptions.Web), NpgsqlDbType.Jsonb, cancellationToken);
        await copy.WriteAsync(s.Frames, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(s.Box as int[] ?? [.. s.Box], NpgsqlDbType.Array | NpgsqlDbType.Integer, cancellationToken);
        await TextAsync(s.Evidence);
        await TextAsync(s.DetectorVersion);
        await TextAsync(s.ReaderVersion);
        await ValueAsync(s.SpeedKmh, NpgsqlDbType.Double);
        await ValueAsync(s.ClockSynchronised, NpgsqlDbType.Boolean);
        await copy.WriteAsync(s.Revision, NpgsqlDbType.Integer, cancellationToken);
        await TextAsync(s.Movement);
        await BytesAsync(s.EvidenceSha256);
        await BytesAsync(s.PatchSha256);
        await TextAsync(record.TraceId);
        await TextAsync(record.Position.Topic);
        await copy.WriteAsync(record.Position.Partition, NpgsqlDbType.Integer, cancellationToken);
        await copy.WriteAsync(record.Position.Offset, NpgsqlDbType.Bigint, cancellationToken);
        await copy.WriteAsync(storedAt, NpgsqlDbType.TimestampTz, cancellationToken);
        await ValueAsync(passage, NpgsqlDbType.Uuid);

        Task TextAsync(string? text) => text is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(text, NpgsqlDbType.Text, cancellationToken);

        Task BytesAsync(string? hex) => hex is null ? copy.WriteNullAsync(cancellationToken) : copy.WriteAsync(Convert.FromHexString(hex), NpgsqlDbType.Bytea, cancellationToken);

        Task ValueAsync<T>(T? value, NpgsqlDbType type)
            where T : struct => value is { } v ? copy.WriteAsync(v, type, cancellationToken) : copy.WriteNullAsync(cancellationToken);
    }

    internal static float[] Singles(IReadOnlyList<double> values)
    {
        var singles = new float[values.Count];
        for (var i = 0; i < singles.Length; i++)
        {
            singles[i] = (float)values[i];
        }

        return singles;
    }
}

/// <summary>What a batch adds to a station.</summary>
/// <param name="SentTo">When the edge sent the newest of its records; null if none says it.</param>
internal sealed record StationTotal(string StationId, long Stored, long Duplicates, DateTimeOffset Newest, DateTimeOffset? SentTo);

using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Passages;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Raises alerts for passages of vehicles of interest: one for each hot-list entry and passage, whatever arrives again. Three statements at most, however
/// large the batch is and however many entries match. Where a late sighting has joined two passages, so are their alerts.
/// </summary>
public sealed class AlertRaiser(HotListSieve sieve, TimeProvider time)
{
    /// <summary>Raises inside the caller's transaction; gives the alerts that are new.</summary>
    public async Task<IReadOnlyList<AlertView>> RaiseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, CancellationToken cancellationToken)
    {
        if (changes.Count == 0)
        {
            return [];
        }

        if (changes.Any(c => c.Absorbed.Count > 0))
        {
            await JoinAsync(connection, transaction, changes, cancellationToken);
        }

        await sieve.CatchUpAsync(connection, cancellationToken);
        var asked = changes.SelectMany((change, place) => sieve.Matching(change.Plate).Select(pattern => (Place: place, Pattern: pattern))).ToArray();
        if (asked.Length == 0)
        {
            return [];
        }

        var found = await MatchAsync(connection, transaction, changes, asked, cancellationToken);
        if (found.Count == 0)
        {
            return [];
        }

        var raised = await InsertAsync(connection, transaction, found, cancellationToken);
        return found.FindAll(a => raised.Contains(a.Id));
    }

    // Of two alerts for one entry the one that stands is that which somebody works on, else the earlier; the other one says so and needs nobody.
    private async Task JoinAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, CancellationToken cancellationToken)
    {
        var joined = changes.SelectMany(c => c.Absorbed.Select(a => (From: a, Into: c.PassageId))).ToArray();
        var (from, into) = (Array.ConvertAll(joined, j => j.From), Array.ConvertAll(joined, j => j.Into));
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new(
                    """
                    with of_one as (
                        select a.id, a.state, first_value(a.id) over (
                            partition by a.entry_id, coalesce(j.into_id, a.passage_id)
                            order by array_position(array['escalated', 'acknowledged', 'resolved', 'open', 'dismissed'], a.state), a.raised_at, a.id) as stands
                        from alerts a left join unnest($1, $2) as j (absorbed, into_id) on j.absorbed = a.passage_id
                        where a.joined_into is null and (a.passage_id = any($1) or a.passage_id = any($2))
                    ), joined as (
                        update alerts a set joined_into = o.stands, state = case o.state when 'open' then 'dismissed' else o.state end, note = case o.state when 'open' then $4 else a.note end
                        from of_one o where a.id = o.id and o.stands <> o.id returning a.id, o.state
                    )
                    insert into alert_actions (alert_id, at, by, action, note) select id, $3, 'SmartCity', 'dismissed', $4 from joined where state = 'open'
                    """)
                {
                    Parameters = { new() { Value = from }, new() { Value = into }, new() { Value = time.GetUtcNow() }, new() { Value = "A late sighting showed that two passages are one, and another alert stands for it." } },
                },
                new("update alerts a set passage_id = j.into_id from unnest($1, $2) as j (absorbed, into_id) where a.passage_id = j.absorbed") { Parameters = { new() { Value = from }, new() { Value = into } } },
                new("update alerts a set joined_into = s.joined_into from alerts s where a.passage_id = any($1) and s.id = a.joined_into and s.joined_into is not null") { Parameters = { new() { Value = into } } },
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<AlertView>> MatchAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, (int Place, string Pattern)[] asked, CancellationToken cancellationToken)
    {
        // "offset 0" keeps the look-up by index whatever the planner believes of the tables.
        await using var command = new NpgsqlCommand(
            """
            select a.place, e.id, e.pattern, e.reason, e.priority, e.requested_by, e.list from unnest($1, $2, $3) as a (place, pattern, at)
            cross join lateral (
                select id, pattern, reason, priority, requested_by, list from hotlist_entries where pattern = a.pattern and valid_from <= a.at and a.at < valid_to offset 0
            ) as e order by a.place, e.priority, e.id
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = Array.ConvertAll(asked, a => a.Place) },
                new() { Value = Array.ConvertAll(asked, a => a.Pattern) },
                new() { Value = Array.ConvertAll(asked, a => changes[a.Place].BestCapturedAt) },
            },
        };
        var now = time.GetUtcNow();
        return await command.ReadAllAsync(
            r =>
            {
                var change = changes[r.GetInt32(0)];
                return new AlertView
                {
                    Id = Guid.CreateVersion7(now),
                    EntryId = r.GetGuid(1),
                    PassageId = change.PassageId,
                    SightingId = change.BestSightingId,
                    Plate = change.Plate,
                    Pattern = r.GetString(2),
                    Reason = r.GetString(3),
                    Priority = r.GetInt32(4),
                    RequestedBy = r.Text(5),
                    List = r.Text(6),
                    StationId = change.StationId,
                    CameraId = change.CameraId,
                    Direction = change.Direction,
                    CapturedAt = change.BestCapturedAt,
                    RaisedAt = now,
                    Evidence = change.Evidence,
                    Patch = change.Evidence is null ? null : Sighting.PatchKey(change.Evidence),
                    TraceId = change.TraceId,
                    State = "open",
                };
            },
            cancellationToken);
    }

    private static async Task<HashSet<Guid>> InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, List<AlertView> alerts, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with raised as (
                insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, requested_by, station_id, camera_id, direction, captured_at, raised_at, evidence, trace_id, list)
                select * from unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)
                on conflict (entry_id, passage_id) where joined_into is null do nothing returning id, raised_at, priority, list
            ), told as (
                insert into webhook_deliveries (webhook_id, alert_id, first_at, next_at) select w.id, raised.id, raised_at, raised_at from raised join webhooks w
                    on w.enabled and raised.priority <= w.lowest_priority and (w.lists is null or raised.list = any(w.lists))
            )
            select id from raised
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                Of(a => a.Id), Of(a => a.EntryId), Of(a => a.PassageId), Of(a => a.SightingId), Of(a => a.Plate), Of(a => a.Pattern), Of(a => a.Reason), Of(a => a.Priority), Texts(a => a.RequestedBy),
                Of(a => a.StationId), Texts(a => a.CameraId), Texts(a => a.Direction), Of(a => a.CapturedAt), Of(a => a.RaisedAt), Texts(a => a.Evidence), Texts(a => a.TraceId), Texts(a => a.List),
            },
        };
        return [.. await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken)];

        NpgsqlParameter Of<T>(Converter<AlertView, T> value) => new() { Value = alerts.ConvertAll(value).ToArray() };

        NpgsqlParameter Texts(Converter<AlertView, string?> value) => new() { Value = alerts.ConvertAll(value).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text };
    }
}

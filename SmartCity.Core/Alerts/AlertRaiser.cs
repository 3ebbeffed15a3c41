using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Passages;

namespace SmartCity.Core.Alerts;

/// <summary>Raises alerts for passages of vehicles of interest: one for each hot-list entry and passage, whatever arrives again.</summary>
/// <param name="mayMatch">Sifts plates; false must be certain.</param>
public sealed class AlertRaiser(Predicate<string> mayMatch, TimeProvider time)
{
    /// <summary>Raises inside the caller's transaction; gives the alerts that are new.</summary>
    public async Task<IReadOnlyList<AlertView>> RaiseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<PassageChange> changes, CancellationToken cancellationToken)
    {
        var raised = new List<AlertView>();
        foreach (var change in changes.Where(c => mayMatch(c.Plate)))
        {
            foreach (var alert in await MatchAsync(connection, transaction, change, cancellationToken))
            {
                if (await InsertAsync(connection, transaction, alert, cancellationToken))
                {
                    raised.Add(alert);
                }
            }
        }

        return raised;
    }

    private async Task<List<AlertView>> MatchAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, PassageChange change, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            select id, pattern, reason, priority, requested_by from hotlist_entries where pattern = $1 and valid_from <= $2 and $2 < valid_to
            union all
            select id, pattern, reason, priority, requested_by from hotlist_entries where pattern ~ '[?*]' and valid_from <= $2 and $2 < valid_to
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = change.Plate }, new() { Value = change.BestCapturedAt } },
        };
        var found = new List<AlertView>();
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            var pattern = reader.GetString(1);
            if (PlatePattern.Matches(pattern, change.Plate))
            {
                found.Add(new AlertView
                {
                    Id = Guid.CreateVersion7(time.GetUtcNow()),
                    EntryId = reader.GetGuid(0),
                    PassageId = change.PassageId,
                    SightingId = change.BestSightingId,
                    Plate = change.Plate,
                    Pattern = pattern,
                    Reason = reader.GetString(2),
                    Priority = reader.GetInt32(3),
                    RequestedBy = reader.IsDBNull(4) ? null : reader.GetString(4),
                    StationId = change.StationId,
                    CameraId = change.CameraId,
                    Direction = change.Direction,
                    CapturedAt = change.BestCapturedAt,
                    RaisedAt = time.GetUtcNow(),
                    Evidence = change.Evidence,
                    Patch = change.Evidence is null ? null : Sighting.PatchKey(change.Evidence),
                    TraceId = change.TraceId,
                    State = "open",
                });
            }
        }

        return found;
    }

    private static async Task<bool> InsertAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, AlertView alert, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with raised as (
                insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, requested_by, station_id, camera_id, direction, captured_at, raised_at, evidence, trace_id)
                values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
                on conflict (entry_id, passage_id) do nothing returning id
            ), told as (
                insert into webhook_deliveries (webhook_id, alert_id, first_at, next_at) select w.id, raised.id, $14, $14 from raised cross join webhooks w where w.enabled
            )
            select count(*) from raised
            """,
            connection,
            transaction);
        foreach (var value in (object?[])[alert.Id, alert.EntryId, alert.PassageId, alert.SightingId, alert.Plate, alert.Pattern, alert.Reason, alert.Priority, alert.RequestedBy, alert.StationId, alert.CameraId, alert.Direction, alert.CapturedAt, alert.RaisedAt, alert.Evidence, alert.TraceId])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        return (long)(await command.ExecuteScalarAsync(cancellationToken))! == 1;
    }
}

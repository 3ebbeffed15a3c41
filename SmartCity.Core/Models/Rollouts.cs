using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Ops;

namespace SmartCity.Core.Models;

/// <summary>Brings versions to the edges, ring by ring, and back. Each step is one transaction: order, alias, audit.</summary>
internal sealed class Rollouts(NpgsqlDataSource dataSource, ModelRegistry registry, ModelSigningKey key, IOptions<ModelOptions> options, TimeProvider time, HeartbeatConsumer? heartbeats)
{
    private const string Columns = "id, kind, version_id, before_id, state, ring, ring_since, sequence, back_sequence, started_by, started_at, ended_at, reason";

    /// <summary>Begins to bring a version to the edges.</summary>
    /// <param name="change">The call's that it belongs to; null for a transaction of its own.</param>
    /// <exception cref="InvalidDataException">It cannot be released; the message says why.</exception>
    public async Task<Guid> StartAsync(StoredVersion version, string by, string? reason, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        if (key.Missing is { } missing)
        {
            throw new InvalidDataException(missing);
        }

        if (version.Manifest.Kind != ModelKind.Reader)
        {
            throw new InvalidDataException($"{version.Id} is a {version.Manifest.Kind}. Edges take new versions of the reader only; the others come with the program.");
        }

        if (await registry.VerifyAsync(version, cancellationToken) is { } wrong)
        {
            throw new InvalidDataException(wrong);
        }

        var champion = await registry.OfAliasAsync(version.Manifest.Kind, ModelRegistry.Champion, cancellationToken) ?? throw new InvalidDataException("There is no champion to go back to.");
        if (champion.Id == version.Id)
        {
            throw new InvalidDataException($"{version.Id} is the champion already.");
        }

        if (version.Manifest.Number < champion.Manifest.Number)
        {
            throw new InvalidDataException($"{version.Id} is older than the champion {champion.Id}. Roll back to it instead.");
        }

        await using var transaction = await ChangeTransaction.BeginAsync(change, dataSource, cancellationToken);
        var connection = transaction.Connection;
        var now = time.GetUtcNow();
        var back = await OrderAsync(connection, champion, false, $"Champion while {version.Id} is brought out.", cancellationToken);
        var sequence = await OrderAsync(connection, version, false, reason, cancellationToken);
        var id = Guid.CreateVersion7(now);
        await using var command = new NpgsqlCommand(
            """
            insert into model_rollouts (id, kind, version_id, before_id, state, ring, ring_since, sequence, back_sequence, started_by, started_at, reason)
            values ($1, $2, $3, $4, 'running', 0, $5, $6, $7, $8, $5, $9) on conflict do nothing
            """,
            connection)
        {
            Parameters = { new() { Value = id }, new() { Value = version.Manifest.Kind }, new() { Value = version.Id }, new() { Value = champion.Id }, new() { Value = now }, new() { Value = sequence }, new() { Value = back }, new() { Value = by }, TextParameter.Of(reason) },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            throw new InvalidDataException("Another version is being brought to the edges. Wait until it has arrived, or roll it back.");
        }

        await registry.MoveAsync(connection, version.Manifest.Kind, ModelRegistry.Challenger, version.Id, by, reason, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return id;
    }

    /// <summary>Pauses what runs, or lets what is paused go on. Edges that have the version keep it.</summary>
    /// <returns>False if there is nothing of that kind to pause or go on with.</returns>
    public async Task<bool> PauseAsync(string kind, bool pause, string by, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("update model_rollouts set state = $2, ring_since = $4 where kind = $1 and state = $3 returning version_id", connection)
        {
            Parameters = { new() { Value = kind }, new() { Value = pause ? "paused" : "running" }, new() { Value = pause ? "running" : "paused" }, new() { Value = time.GetUtcNow() } },
        };
        if (await command.ExecuteScalarAsync(cancellationToken) is not string version)
        {
            return false;
        }

        await registry.AuditAsync(connection, by, pause ? "models.pause" : "models.go-on", version, null, new { kind }, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return true;
    }

    /// <summary>Sends every edge back: to the champion while a version is on its way, else from the champion to the one before it.</summary>
    /// <param name="version">What is to be taken back; null for whatever is on its way or, if nothing is, the champion.</param>
    /// <returns>The version that edges go back to.</returns>
    /// <exception cref="InvalidDataException">There is nothing to go back to, or the version is not what would be taken back.</exception>
    public async Task<string> RollBackAsync(string kind, string? version, string by, string reason, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        if (key.Missing is { } missing)
        {
            throw new InvalidDataException(missing);
        }

        await using var transaction = await ChangeTransaction.BeginAsync(change, dataSource, cancellationToken);
        var connection = transaction.Connection;
        await TakeTurnAsync(connection, cancellationToken);
        await using var open = new NpgsqlCommand("update model_rollouts set state = 'rolled-back', ended_at = $2, reason = $3 where kind = $1 and state in ('running', 'paused') returning version_id, before_id", connection)
        {
            Parameters = { new() { Value = kind }, new() { Value = time.GetUtcNow() }, new() { Value = reason } },
        };
        var ended = (await open.ReadAllAsync(r => (Version: r.GetString(0), Before: r.GetString(1)), cancellationToken)).Select(r => ((string Version, string Before)?)r).SingleOrDefault();
        var champion = (await registry.OfAliasAsync(kind, ModelRegistry.Champion, cancellationToken))?.Id;
        if (version is not null && version != (ended?.Version ?? champion))
        {
            throw new InvalidDataException(version == champion ? $"{ended!.Value.Version} is on its way. Roll that back first." : $"{version} is neither on its way nor the champion any more.");
        }

        if (ended is { Before: { } kept })
        {
            await OrderAsync(connection, (await registry.FindAsync(kept, cancellationToken))!, true, reason, cancellationToken);
            await registry.MoveAsync(connection, kind, ModelRegistry.Challenger, null, by, reason, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return kept;
        }

        var before = await registry.OfAliasAsync(kind, ModelRegistry.Previous, cancellationToken) ?? throw new InvalidDataException("No version is on its way, and no champion was before this one.");
        await OrderAsync(connection, before, true, reason, cancellationToken);
        await registry.MoveAsync(connection, kind, ModelRegistry.Champion, before.Id, by, reason, cancellationToken);
        await registry.MoveAsync(connection, kind, ModelRegistry.Previous, null, by, reason, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return before.Id;
    }

    /// <summary>What an edge that serves these stations is to run. An edge with several stations is in the first ring that one of them is in.</summary>
    public async Task<IReadOnlyList<ModelRelease>> ForEdgeAsync(IReadOnlyList<string> stations, CancellationToken cancellationToken)
    {
        var releases = new List<ModelRelease>();
        var open = (await ListAsync(true, cancellationToken)).ToDictionary(r => r.Kind, StringComparer.Ordinal);
        await using var command = dataSource.CreateCommand(
            """
            select o.kind, o.sequence, o.text, o.signature, v.manifest, v.signature from model_orders o join model_versions v on v.id = o.version_id
            where v.signature is not null and (o.kind, o.sequence) in (select kind, max(sequence) from model_orders group by kind union select kind, back_sequence from model_rollouts where state in ('running', 'paused'))
            """);
        var orders = await command.ReadAllAsync(r => (Kind: r.GetString(0), Sequence: r.GetInt64(1), Release: new ModelRelease(new SignedText(r.GetString(2), r.GetString(3)), new SignedText(r.GetString(4), r.GetString(5)))), cancellationToken);
        var all = open.Count > 0 ? await StationsAsync(cancellationToken) : [];
        foreach (var kind in orders.GroupBy(o => o.Kind))
        {
            var wanted = open.GetValueOrDefault(kind.Key) is { } rollout && !RolloutRings.Stations(rollout.Ring, rollout.Version, all).Intersect(stations).Any() ? rollout.BackSequence : kind.Max(o => o.Sequence);
            releases.AddRange(kind.Where(o => o.Sequence == wanted).Select(o => o.Release));
        }

        return releases;
    }

    /// <summary>Looks after what is on its way: the next ring, the end, or back. What is paused goes no further, but is taken back all the same.</summary>
    public async Task WorkAsync(CancellationToken cancellationToken)
    {
        foreach (var rollout in await ListAsync(true, cancellationToken))
        {
            var (breach, waiting) = await JudgeAsync(rollout, cancellationToken);
            if (breach is not null)
            {
                await RollBackAsync(rollout.Kind, rollout.Version, "core", $"{rollout.Version} was rolled back on every edge. {breach}", cancellationToken);
            }
            else if (waiting is null && rollout.State == "running")
            {
                await AdvanceAsync(rollout, cancellationToken);
            }
        }
    }

    /// <param name="change">Where given, what it has changed so far is seen.</param>
    public async Task<IReadOnlyList<ModelRolloutView>> ViewsAsync(CancellationToken cancellationToken, AuditedChange? change = null)
    {
        var all = await StationsAsync(cancellationToken);
        var views = new List<ModelRolloutView>();
        foreach (var r in await ListAsync(false, cancellationToken, change))
        {
            var waiting = r.State switch { "running" => (await JudgeAsync(r, cancellationToken)).Waiting, "paused" => "It is paused.", _ => null };
            views.Add(new ModelRolloutView(r.Id, r.Kind, r.Version, r.Before, r.State, r.Ring, RolloutRings.Name(r.Ring), RolloutRings.Stations(r.Ring, r.Version, all), r.StartedBy, r.StartedAt, r.EndedAt, r.Reason, waiting));
        }

        return views;
    }

    /// <summary>What the stations' last heartbeats say of their models.</summary>
    public IReadOnlyList<ModelAtStation> AtStations() =>
        [.. Newest.OrderBy(h => h.Key, StringComparer.Ordinal).SelectMany(h => (h.Value.Heartbeat.Models ?? []).Select(m => new ModelAtStation(h.Key, m, h.Value.Heartbeat.At)))];

    // The command line hears nothing.
    private IEnumerable<KeyValuePair<string, ReceivedHeartbeat>> Newest => heartbeats is null ? [] : heartbeats.Newest;

    private async Task<(string? Breach, string? Waiting)> JudgeAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var all = await StationsAsync(cancellationToken);
        var ring = RolloutRings.Stations(rollout.Ring, rollout.Version, all).ToHashSet();
        var added = ring.Except(rollout.Ring == 0 ? [] : RolloutRings.Stations(rollout.Ring - 1, rollout.Version, all)).ToHashSet();
        var beats = Newest.Where(h => ring.Contains(h.Key) && now - h.Value.At <= OpsRules.Silence)
            .SelectMany(h => (h.Value.Heartbeat.Models ?? []).Where(m => m.Kind == rollout.Kind).Select(m => (h.Key, m))).ToList();
        return RolloutRings.Judge(rollout.Version, rollout.Sequence, beats, added, now - rollout.RingSince, options.Value);
    }

    private async Task AdvanceAsync(Rollout rollout, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var (now, over) = (time.GetUtcNow(), rollout.Ring == RolloutRings.Last);
        await using var command = new NpgsqlCommand("update model_rollouts set ring = $3, ring_since = $4, state = $5, ended_at = $6 where id = $1 and ring = $2 and state = 'running'", connection)
        {
            Parameters =
            {
                new() { Value = rollout.Id }, new() { Value = rollout.Ring }, new() { Value = over ? rollout.Ring : rollout.Ring + 1 }, new() { Value = now },
                new() { Value = over ? "done" : "running" }, new() { Value = over ? now : DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz },
            },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return;
        }

        if (over)
        {
            const string by = "core";
            await registry.MoveAsync(connection, rollout.Kind, ModelRegistry.Champion, rollout.Version, by, "Every ring reads with it.", cancellationToken);
            await registry.MoveAsync(connection, rollout.Kind, ModelRegistry.Previous, rollout.Before, by, null, cancellationToken);
            await registry.MoveAsync(connection, rollout.Kind, ModelRegistry.Challenger, null, by, null, cancellationToken);
        }
        else
        {
            await registry.AuditAsync(connection, "core", "models.ring", rollout.Version, null, new { ring = RolloutRings.Name(rollout.Ring + 1) }, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    // One at a time, so that numbers have no gaps that an edge could be led into, and nothing is taken back twice.
    private static async Task TakeTurnAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var turn = new NpgsqlCommand("select pg_advisory_xact_lock(15, 0)", connection);
        await turn.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<long> OrderAsync(NpgsqlConnection connection, StoredVersion version, bool back, string? reason, CancellationToken cancellationToken)
    {
        await TakeTurnAsync(connection, cancellationToken);
        await using var last = new NpgsqlCommand("select coalesce(max(sequence), 0) from model_orders where kind = $1", connection) { Parameters = { new() { Value = version.Manifest.Kind } } };
        var now = time.GetUtcNow();
        var order = new ModelOrder { Kind = version.Manifest.Kind, Sequence = (long)(await last.ExecuteScalarAsync(cancellationToken))! + 1, Version = version.Id, ManifestSha256 = version.Sha256, Rollback = back, At = now, Reason = reason };
        var signed = key.Sign(order.ToText());
        await using var command = new NpgsqlCommand("insert into model_orders (kind, sequence, version_id, text, signature, at) values ($1, $2, $3, $4, $5, $6)", connection)
        {
            Parameters = { new() { Value = order.Kind }, new() { Value = order.Sequence }, new() { Value = version.Id }, new() { Value = signed.Text }, new() { Value = signed.Signature }, new() { Value = now } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
        return order.Sequence;
    }

    private async Task<List<string>> StationsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id from stations where retired_at is null");
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    private async Task<List<Rollout>> ListAsync(bool open, CancellationToken cancellationToken, AuditedChange? change = null)
    {
        var sql = $"select {Columns} from model_rollouts {(open ? "where state in ('running', 'paused')" : "")} order by started_at desc limit 20";
        await using var command = change?.Look(sql) ?? dataSource.CreateCommand(sql);
        return await command.ReadAllAsync(
            r => new Rollout(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetInt32(5), r.Time(6), r.GetInt64(7), r.GetInt64(8), r.GetString(9), r.Time(10), r.IsDBNull(11) ? null : r.Time(11), r.Text(12)), cancellationToken);
    }

    private sealed record Rollout(
        Guid Id, string Kind, string Version, string Before, string State, int Ring, DateTimeOffset RingSince, long Sequence, long BackSequence, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, string? Reason);
}

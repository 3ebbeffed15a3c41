using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Faces;

/// <summary>Deployment records: written by one person, signed by two, revoked by anybody who may sign. What one says is never changed.</summary>
internal sealed class FaceDeployments(NpgsqlDataSource dataSource, FaceEstimates estimates, FaceLists lists, AuditLog audit, IOptions<FaceOptions> options, TimeProvider time)
{
    private const string Columns = "id, purpose, legal_basis, authoriser, dpia, contact, place, list_id, list_name, from_at, until_at, threshold, faces_an_hour, written_by, written_at, revoked_by, revoked_at, revoked_for";

    // In SQL: how long an edge may take to confirm that its templates are destroyed, and that it has not done so since it was last given them.
    private const string Patience = "10 minutes";
    private const string Unconfirmed = "not exists (select from face_runs r where r.deployment_id = o.deployment_id and r.station_id = o.station_id and r.confirmed_at >= o.ordered_at)";

    /// <exception cref="InvalidDataException">A camera or the list is not there.</exception>
    public async Task<FaceDeploymentView> WriteAsync(NewFaceDeployment deployment, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var list = await lists.FindAsync(deployment.List, cancellationToken) ?? throw new InvalidDataException("There is no such watch-list.");
        var cameras = deployment.Cameras!.Distinct().ToArray();
        var connection = await change.BeginAsync(cancellationToken);
        await using var known = new NpgsqlCommand("select station_id, id from cameras where state = 'active'", connection);
        var active = (await known.ReadAllAsync(r => new FacePlace(r.GetString(0), r.GetString(1)), cancellationToken)).ToHashSet();
        if (Array.Find(cameras, c => !active.Contains(c)) is { } missing)
        {
            throw new InvalidDataException($"The station {missing.StationId} has no camera {missing.CameraId} in service.");
        }

        var id = Guid.CreateVersion7();
        await using var insert = new NpgsqlCommand(
            """
            insert into face_deployments (id, purpose, legal_basis, authoriser, dpia, contact, place, list_id, list_name, from_at, until_at, threshold, faces_an_hour, written_by, written_at)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)
            """, connection);
        foreach (var value in (object[])[id, deployment.Purpose!.Trim(), deployment.LegalBasis!.Trim(), deployment.Authoriser!.Trim(), deployment.Dpia!.Trim(), deployment.Contact!.Trim(), deployment.Place!.Trim(), list.Id, list.Name, deployment.From.ToUniversalTime(), deployment.Until.ToUniversalTime(), deployment.Threshold, deployment.FacesAnHour, by, time.GetUtcNow()])
        {
            insert.Parameters.Add(new() { Value = value });
        }

        await insert.ExecuteNonQueryAsync(cancellationToken);
        await using var place = new NpgsqlCommand("insert into face_deployment_cameras (deployment_id, station_id, camera_id) select $1, s, c from unnest($2, $3) as p (s, c)", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = cameras.Select(c => c.StationId!).ToArray() }, new() { Value = cameras.Select(c => c.CameraId!).ToArray() } },
        };
        await place.ExecuteNonQueryAsync(cancellationToken);
        return (await FindAsync(connection, id, cancellationToken))!;
    }

    /// <returns>Null if there is no such record.</returns>
    /// <exception cref="InvalidDataException">It cannot be signed, or not by this person.</exception>
    public async Task<FaceDeploymentView?> SignAsync(Guid id, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        if (!await LockAsync(connection, id, cancellationToken))
        {
            return null;
        }

        var view = (await FindAsync(connection, id, cancellationToken))!;
        if (view.Signatures.FirstOrDefault(s => string.Equals(s.By, by, StringComparison.OrdinalIgnoreCase)) is not null)
        {
            throw new InvalidDataException("You have signed this record already: another person must sign it.");
        }

        if (view.State is not (FaceDeploymentState.Draft or FaceDeploymentState.SignedOnce))
        {
            throw new InvalidDataException(view.State switch
            {
                FaceDeploymentState.Revoked => "This record was revoked. Write a new one.",
                FaceDeploymentState.Over or FaceDeploymentState.NeverSigned => "The time of this record is over. Write a new one.",
                _ => "Two people have signed this record already.",
            });
        }

        if (view.CannotSign is { } why)
        {
            throw new InvalidDataException(why);
        }

        await using var sign = new NpgsqlCommand("insert into face_signatures (deployment_id, place, person, signed_at) values ($1, $2, $3, $4)", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = view.Signatures.Count + 1 }, new() { Value = by }, new() { Value = time.GetUtcNow() } },
        };
        await sign.ExecuteNonQueryAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    /// <summary>Ends it at once: its edges get no more orders, and their matches are refused.</summary>
    /// <returns>Null if there is no such record.</returns>
    /// <exception cref="InvalidDataException">It is over or revoked already.</exception>
    public async Task<FaceDeploymentView?> RevokeAsync(Guid id, string by, string reason, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await using var command = new NpgsqlCommand("update face_deployments set revoked_by = $2, revoked_at = $3, revoked_for = $4 where id = $1 and revoked_at is null and until_at > $3", connection);
        foreach (var value in (object[])[id, by, time.GetUtcNow(), reason])
        {
            command.Parameters.Add(new() { Value = value });
        }

        var isDone = await command.ExecuteNonQueryAsync(cancellationToken) == 1;
        var view = await FindAsync(connection, id, cancellationToken);
        return isDone || view is null ? view : throw new InvalidDataException(view.State == FaceDeploymentState.Revoked ? $"{view.RevokedBy} has revoked this record already." : "The time of this record is over.");
    }

    public async Task<Page<FaceDeploymentView>> ListAsync(Cursor? after, int limit, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new SqlFilter().After("written_at", "id", after).Command(dataSource, $"select {Columns} from face_deployments where {{where}} order by written_at desc, id desc limit {{limit}}", limit + 1);
        return Paging.ToPage(await ViewsAsync(connection, command, cancellationToken), limit, d => new Cursor(d.WrittenAt, d.Id));
    }

    /// <summary>Those that began in a period and that two people had signed.</summary>
    public async Task<List<FaceDeploymentView>> SignedAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand($"select {Columns} from face_deployments d where from_at >= $1 and from_at < $2 and (select count(*) from face_signatures s where s.deployment_id = d.id) = 2 order by from_at, id", connection);
        command.Parameters.Add(new() { Value = from });
        command.Parameters.Add(new() { Value = to });
        return await ViewsAsync(connection, command, cancellationToken);
    }

    public async Task<FaceDeploymentView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    private async Task<FaceDeploymentView?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"select {Columns} from face_deployments where id = $1", connection) { Parameters = { new() { Value = id } } };
        return (await ViewsAsync(connection, command, cancellationToken)).FirstOrDefault();
    }

    /// <summary>
    /// Writes down what began and what ended since the last look, each once, with what was counted. An end waits until its edges have confirmed that their
    /// templates are destroyed, for their counts are the last ones then; of one that says nothing for <see cref="Patience"/> the end has what is known.
    /// </summary>
    public async Task NoteAsync(CancellationToken cancellationToken)
    {
        await NoteAsync("start_noted_at", "from_at <= $1 and revoked_at is null and until_at > $1", "faces.begin", cancellationToken);
        await NoteAsync(
            "end_noted_at",
            $"""
            start_noted_at is not null and (revoked_at is not null or until_at <= $1)
            and (coalesce(revoked_at, until_at) <= $1 - interval '{Patience}' or not exists (select from face_orders o where o.deployment_id = d.id and {Unconfirmed}))
            """,
            "faces.end", cancellationToken);
    }

    /// <summary>Stations of deployments that ended during the last day whose edges have still not said that the templates are destroyed.</summary>
    public async Task<List<string>> UnconfirmedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            select distinct o.station_id from face_orders o join face_deployments d on d.id = o.deployment_id
            where coalesce(d.revoked_at, d.until_at) between $1 - interval '1 day' and $1 - interval '{Patience}' and {Unconfirmed}
            order by 1
            """);
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    // Names of columns and conditions are constants.
    private async Task NoteAsync(string column, string condition, string action, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            $"update face_deployments d set {column} = $1 where {column} is null and {condition} and (select count(*) from face_signatures s where s.deployment_id = d.id) = 2 returning id, place", connection)
        {
            Parameters = { new() { Value = time.GetUtcNow() } },
        };
        var noted = await command.ReadAllAsync(r => (Id: r.GetGuid(0), Place: r.GetString(1)), cancellationToken);
        var counts = await FaceCounting.OfAsync(connection, [.. noted.Select(n => n.Id)], cancellationToken);
        foreach (var (id, place) in noted)
        {
            var counted = System.Text.Json.JsonSerializer.Serialize(counts.GetValueOrDefault(id, FaceCounting.None), System.Text.Json.JsonSerializerOptions.Web);
            await audit.AppendAsync(connection, "core", action, $"{id} {place}", null, counted, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<bool> LockAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select 1 from face_deployments where id = $1 for update", connection) { Parameters = { new() { Value = id } } };
        return await command.ExecuteScalarAsync(cancellationToken) is not null;
    }

    private async Task<List<FaceDeploymentView>> ViewsAsync(NpgsqlConnection connection, NpgsqlCommand command, CancellationToken cancellationToken)
    {
        var rows = await command.ReadAllAsync(
            r => new FaceDeploymentView(
                r.GetGuid(0), "", r.GetString(1), r.GetString(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetString(6), [], r.Id(7), r.GetString(8), r.Time(9), r.Time(10), r.GetDouble(11), r.GetDouble(12), null, null,
                r.GetString(13), r.Time(14), [], r.Text(15), r.IsDBNull(16) ? null : r.Time(16), r.Text(17), [], FaceCounting.None),
            cancellationToken);
        var ids = rows.Select(r => r.Id).ToArray();
        await using var cameras = Of(connection, "select deployment_id, station_id, camera_id from face_deployment_cameras where deployment_id = any($1) order by 2, 3", ids);
        var places = (await cameras.ReadAllAsync(r => (Id: r.GetGuid(0), Place: new FacePlace(r.GetString(1), r.GetString(2))), cancellationToken)).ToLookup(x => x.Id, x => x.Place);
        await using var signed = Of(connection, "select deployment_id, person, signed_at from face_signatures where deployment_id = any($1) order by place", ids);
        var signatures = (await signed.ReadAllAsync(r => (Id: r.GetGuid(0), Signature: new FaceSignature(r.GetString(1), r.Time(2))), cancellationToken)).ToLookup(x => x.Id, x => x.Signature);
        var stations = await StationsAsync(connection, ids, cancellationToken);
        var counts = await FaceCounting.OfAsync(connection, ids, cancellationToken);
        var views = new List<FaceDeploymentView>(rows.Count);
        foreach (var row in rows)
        {
            var (place, people) = (places[row.Id].ToArray(), signatures[row.Id].ToArray());
            var state = FaceRules.State(people.Length, row.From, row.Until, row.RevokedAt is not null, time.GetUtcNow());
            var isOpen = state is FaceDeploymentState.Draft or FaceDeploymentState.SignedOnce or FaceDeploymentState.SignedTwice or FaceDeploymentState.InForce;
            var estimate = isOpen ? await estimates.OfAsync(row.List, row.Threshold, row.FacesAnHour, [.. place.Select(p => p.StationId!).Distinct()], people.FirstOrDefault()?.At, cancellationToken) : null;
            views.Add(row with
            {
                State = state,
                Cameras = place,
                Signatures = people,
                Estimate = estimate,
                CannotSign = state is FaceDeploymentState.Draft or FaceDeploymentState.SignedOnce ? CannotSign(row, estimate) : null,
                Stations = [.. place.Select(p => p.StationId!).Distinct().Select(s => stations.GetValueOrDefault((row.Id, s)) ?? new FaceStationView(s, null, null, null))],
                Counts = counts.GetValueOrDefault(row.Id, FaceCounting.None),
            });
        }

        return views;
    }

    private static string? CannotSign(FaceDeploymentView row, FaceEstimate? estimate) =>
        row.List is null ? "Its watch-list was deleted. Write a new record."
        : estimate is null ? $"The descriptor's card has no figure for a threshold as large as {row.Threshold:0.###}: nobody could say how many false alerts are to be expected."
        : estimate.Pictures == 0 ? "Its watch-list has no confirmed entry that can be looked for."
        : estimate.FalseAlertsAnHour > estimate.Most ? $"{estimate.FalseAlertsAnHour:0.#} false alerts an hour are to be expected, more than the {estimate.Most:0.#} that are allowed (Core:Faces:MostFalseAlertsAnHour). Write a record with a shorter list or a smaller threshold."
        : null;

    // An edge has confirmed when it has said so after it was last given the list; when a process ended, its memory did.
    private async Task<Dictionary<(Guid, string), FaceStationView>> StationsAsync(NpgsqlConnection connection, Guid[] ids, CancellationToken cancellationToken)
    {
        await using var command = Of(
            connection,
            """
            select o.deployment_id, o.station_id, o.ordered_at, (select max(r.confirmed_at) from face_runs r where r.deployment_id = o.deployment_id and r.station_id = o.station_id and r.confirmed_at >= o.ordered_at)
            from face_orders o where o.deployment_id = any($1)
            """, ids);
        return (await command.ReadAllAsync(r => (Id: r.GetGuid(0), View: new FaceStationView(r.GetString(1), r.Time(2), r.Time(2) + options.Value.Lease, r.IsDBNull(3) ? null : r.Time(3))), cancellationToken))
            .ToDictionary(x => (x.Id, x.View.StationId), x => x.View);
    }

    private static NpgsqlCommand Of(NpgsqlConnection connection, string sql, Guid[] ids) => new(sql, connection) { Parameters = { new() { Value = ids } } };
}

using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Faces;

/// <summary>Watch-lists. Deleting one destroys its key, so that copies of its rows are nothing without it, and the rows.</summary>
internal sealed class FaceLists(NpgsqlDataSource dataSource, FaceKeys keys, FaceEnroller enroller, TimeProvider time)
{
    // $1 is now. Expired entries count no more; the worker removes them.
    private const string Select =
        """
        select l.id, l.name, l.purpose, l.descriptor, l.created_by, l.created_at,
               (select count(*) from face_entries e where e.list_id = l.id and e.confirmed_at is not null and e.expires_at > $1),
               (select count(*) from face_entries e where e.list_id = l.id and e.confirmed_at is null and e.expires_at > $1),
               (select count(*) from face_entries e join face_pictures p on p.entry_id = e.id where e.list_id = l.id and e.confirmed_at is not null and e.expires_at > $1)
        from face_lists l
        """;

    public async Task<List<FaceListView>> ListAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"{Select} order by l.name");
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    public async Task<FaceListView?> FindAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await FindAsync(connection, id, cancellationToken);
    }

    private async Task<FaceListView?> FindAsync(NpgsqlConnection connection, Guid id, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand($"{Select} where l.id = $2", connection);
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        command.Parameters.Add(new() { Value = id });
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    /// <exception cref="InvalidDataException">There is a list of this name.</exception>
    public async Task<FaceListView> MakeAsync(NewFaceList list, string by, AuditedChange change, CancellationToken cancellationToken)
    {
        var id = Guid.CreateVersion7();
        var connection = await change.BeginAsync(cancellationToken);
        await using var command = new NpgsqlCommand("insert into face_lists (id, name, purpose, descriptor, key, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7) on conflict (name) do nothing", connection);
        foreach (var value in (object[])[id, list.Name!.Trim(), list.Purpose!.Trim(), enroller.Card.Name, keys.Make(id), by, time.GetUtcNow()])
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? (await FindAsync(connection, id, cancellationToken))! : throw new InvalidDataException($"There is a watch-list named {list.Name.Trim()} already.");
    }

    /// <summary>Destroys a list's key, its entries and what its matches still hold.</summary>
    /// <returns>The list's name; null if there is no such list.</returns>
    /// <exception cref="InvalidDataException">A deployment with it is in force, or will be.</exception>
    public async Task<string?> DeleteAsync(Guid id, AuditedChange change, CancellationToken cancellationToken)
    {
        var connection = await change.BeginAsync(cancellationToken);
        await using var take = new NpgsqlCommand("select name from face_lists where id = $1 for update", connection) { Parameters = { new() { Value = id } } };
        if (await take.ExecuteScalarAsync(cancellationToken) is not string name)
        {
            return null;
        }

        await using var used = new NpgsqlCommand(
            "select exists (select from face_deployments d where d.list_id = $1 and d.revoked_at is null and d.until_at > $2 and (select count(*) from face_signatures s where s.deployment_id = d.id) = 2)", connection)
        {
            Parameters = { new() { Value = id }, new() { Value = time.GetUtcNow() } },
        };
        if (await used.ExecuteScalarAsync(cancellationToken) is true)
        {
            throw new InvalidDataException($"A deployment with {name} is in force, or will be. Revoke it first; then its edges destroy their templates.");
        }

        await FaceMatches.DestroyAsync(connection, "list_id = $2", id, time.GetUtcNow(), cancellationToken);
        await using var delete = new NpgsqlCommand("delete from face_lists where id = $1", connection) { Parameters = { new() { Value = id } } };
        await delete.ExecuteNonQueryAsync(cancellationToken);
        return name;
    }

    private static FaceListView Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), (int)r.GetInt64(6), (int)r.GetInt64(7), (int)r.GetInt64(8), r.GetString(4), r.Time(5));
}

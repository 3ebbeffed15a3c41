using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Sql;

/// <summary>Statements that people saved: each sees their own and those that others share.</summary>
internal sealed class SqlQueryStore(NpgsqlDataSource dataSource, TimeProvider time)
{
    /// <summary>Statements that one person may have.</summary>
    public const int MostOfOne = 200;

    private const string Columns = "id, name, sql, owner, shared, changed_at";

    public async Task<List<SqlQueryView>> ListAsync(string user, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select {Columns} from sql_queries where owner = $1 or shared order by lower(name), id limit 2000").With(user);
        return await command.ReadAllAsync(Read, cancellationToken);
    }

    /// <returns>Null if the name is taken by another of theirs, or they have as many as one may have.</returns>
    public async Task<SqlQueryView?> AddAsync(string user, SqlQueryChange query, AuditedChange change, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = (await change.CommandAsync(
            $"insert into sql_queries ({Columns}) select $1, $2, $3, $4, $5, $6 where (select count(*) from sql_queries where owner = $4) < {MostOfOne} on conflict (owner, name) do nothing returning {Columns}",
            cancellationToken)).With(Guid.CreateVersion7(now), query.Name!.Trim(), query.Sql!, user, query.IsShared, now);
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    /// <returns>Null if they have no such statement.</returns>
    /// <exception cref="PostgresException">Another of theirs has the name (23505).</exception>
    public async Task<SqlQueryView?> ChangeAsync(string user, Guid id, SqlQueryChange query, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync($"update sql_queries set name = $3, sql = $4, shared = $5, changed_at = $6 where id = $1 and owner = $2 returning {Columns}", cancellationToken)).With(id, user, query.Name!.Trim(), query.Sql!, query.IsShared, time.GetUtcNow());
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    /// <param name="all">Whether they may delete what others share, too.</param>
    /// <returns>What was deleted; null if there is no such statement that they may delete.</returns>
    public static async Task<SqlQueryView?> DeleteAsync(string user, bool all, Guid id, AuditedChange change, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync($"delete from sql_queries where id = $1 and (owner = $2 or ($3 and shared)) returning {Columns}", cancellationToken)).With(id, user, all);
        return (await command.ReadAllAsync(Read, cancellationToken)).FirstOrDefault();
    }

    private static SqlQueryView Read(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.Time(5));
}

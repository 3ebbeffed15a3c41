using Npgsql;

namespace SmartCity.Lake.City;

/// <summary>Who may connect: who was admitted, and can be neither a superuser nor the owner of the database, before whom Postgres hides nothing.</summary>
/// <param name="owner">A role that may connect all the same; null for none.</param>
internal sealed class Readers(NpgsqlDataSource dataSource, OwnerAtTheDoor? owner = null) : IDisposable
{
    // Whoever knocks has not said a password yet: together they have one connection.
    private readonly SemaphoreSlim _turn = new(1, 1);

    /// <exception cref="NpgsqlException">Postgres does not answer.</exception>
    public async Task<bool> MayConnectAsync(string role, CancellationToken cancellationToken)
    {
        if (role == owner?.Role)
        {
            return true;
        }

        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var command = dataSource.CreateCommand(
                """
                select exists (
                    select from public.lake_readers r join pg_catalog.pg_roles p on p.rolname = r.role join pg_catalog.pg_roles u on u.rolname = $1
                    join pg_catalog.pg_database d on d.datname = pg_catalog.current_database()
                    where pg_catalog.pg_has_role(u.oid, p.oid, 'member') and not pg_catalog.pg_has_role(u.oid, d.datdba, 'member')
                        and not exists (select from pg_catalog.pg_roles s where s.rolsuper and pg_catalog.pg_has_role(u.oid, s.oid, 'member')))
                """);
            command.Parameters.Add(new() { Value = role });
            return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return false; // nobody was admitted yet
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();
}

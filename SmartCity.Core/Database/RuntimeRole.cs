using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>
/// The role as which the core works, where another one owns the tables (<c>ConnectionStrings:postgres-owner</c>) and migrates them. It reads and writes what the
/// core does, and can neither change nor delete a line of the audit or of the ledger, nor change a table or a trigger.
/// </summary>
internal static class RuntimeRole
{
    // Tables that only grow; the audit's beginning moves by a function, and scripts are the owner's.
    private const string Guarded = "'audit', 'charge_entries', 'audit_start', 'schemaversions'";

    // What has its rights already is left alone: each start would rewrite the catalogue otherwise.
    private static readonly string Grant =
        $"""
        do $do$
        declare
            runtime name := current_setting('smartcity.runtime');
            what record;
        begin
            execute format('grant usage on schema public to %I', runtime);
            execute format('grant temporary on database %I to %I', current_database(), runtime);
            for what in select c.oid::regclass as relation, c.relkind, c.relname from pg_class c where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p', 'v', 'm', 'S') and pg_has_role(c.relowner, 'USAGE') loop
                if what.relkind = 'S' then
                    if not has_sequence_privilege(runtime, what.relation, 'USAGE') or not has_sequence_privilege(runtime, what.relation, 'SELECT') then
                        execute format('grant usage, select on sequence %s to %I', what.relation, runtime);
                    end if;
                elsif what.relname in ({Guarded}) then
                    execute format('revoke all on %s from %I', what.relation, runtime);
                    execute format('grant select%s on %s to %I', case when what.relname in ('audit', 'charge_entries') then ', insert' else '' end, what.relation, runtime);
                elsif what.relkind in ('v', 'm') then
                    execute format('grant select on %s to %I', what.relation, runtime);
                elsif not has_table_privilege(runtime, what.relation, 'SELECT') or not has_table_privilege(runtime, what.relation, 'INSERT')
                    or not has_table_privilege(runtime, what.relation, 'UPDATE') or not has_table_privilege(runtime, what.relation, 'DELETE') then
                    execute format('grant select, insert, update, delete on %s to %I', what.relation, runtime);
                end if;
            end loop;
            for what in select p.oid::regprocedure as relation from pg_catalog.pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and p.proname ~ '^pg_(try_)?advisory_(xact_)?lock(_shared)?$' and not has_function_privilege(runtime, p.oid, 'EXECUTE') loop
                execute format('grant execute on function %s to %I', what.relation, runtime);
            end loop;
            execute format('grant execute on function make_sightings_day(date), drop_sightings_day(name), audit_forgets(bigint, bytea) to %I', runtime);
            execute format('alter default privileges in schema public grant select, insert, update, delete on tables to %I', runtime);
            execute format('alter default privileges in schema public grant usage, select on sequences to %I', runtime);
        end $do$
        """;

    // A superuser, the owner and whoever is a member of the owner may do everything all the same.
    private const string Excess =
        """
        select string_agg(p.what || ' ' || p.relation, ', ' order by p.relation, p.what) from (
            select t.relation, w.what from unnest(array['audit', 'charge_entries']) as t (relation), unnest(array['UPDATE', 'DELETE', 'TRUNCATE']) as w (what)
            where has_table_privilege($1, t.relation, w.what)
            union all select 'audit', 'change the table' from pg_class c where c.oid = 'audit'::regclass and pg_has_role($1, c.relowner, 'MEMBER')) p
        """;

    /// <summary>Gives the role its rights, as the owner, after the migrations. Several cores may call it at once.</summary>
    /// <exception cref="InvalidOperationException">The role may do more than it should; the message says what.</exception>
    public static async Task GrantAsync(string owner, string runtime, CancellationToken cancellationToken)
    {
        var role = await RoleAsync(runtime, cancellationToken);
        await using var connection = new NpgsqlConnection(owner);
        await connection.OpenAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, "select pg_advisory_xact_lock($1)", Migrations.AdvisoryLock, cancellationToken);
        await ExecuteAsync(connection, "select set_config('smartcity.runtime', $1, true)", role, cancellationToken);
        await using (var grant = new NpgsqlCommand(Grant, connection))
        {
            await grant.ExecuteNonQueryAsync(cancellationToken);
        }

        await using (var excess = new NpgsqlCommand(Excess, connection) { Parameters = { new() { Value = role } } })
        {
            if (await excess.ExecuteScalarAsync(cancellationToken) is string more)
            {
                throw new InvalidOperationException(
                    $"ConnectionStrings:postgres connects as the role {role}, which may do more than the core should where ConnectionStrings:postgres-owner is set: {more}. Give the core a role that is no superuser, does not own the database and is no member of its owner.");
            }
        }

        await transaction.CommitAsync(cancellationToken);
    }

    private static async Task<string> RoleAsync(string runtime, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(runtime);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select current_user::text", connection);
        return (string)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, object value, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { Parameters = { new() { Value = value } } };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

namespace SmartCity.Lake.City;

/// <summary>
/// Functions of Postgres that every role may call until a superuser says otherwise, and by which a reader could stop the core, which takes turns by advisory locks, or
/// write without end: large objects, and messages to the write-ahead log.
/// </summary>
public static class PublicFunctions
{
    /// <summary>Leaves them to who owns the database and to who writes sightings. Only a superuser may run it; a second time it does nothing.</summary>
    public const string Withdraw =
        """
        do $do$
        declare f regprocedure; r name;
        begin
          for f in select p.oid from pg_catalog.pg_proc p where p.pronamespace = 'pg_catalog'::regnamespace and has_function_privilege('public', p.oid, 'execute')
              and p.proname ~ '^(pg_(try_)?advisory_(xact_)?lock(_shared)?|lo_.+|loread|lowrite|pg_logical_emit_message)$' loop
            for r in select p.rolname from pg_catalog.pg_roles p join pg_catalog.pg_database d on d.datname = current_database()
                where not p.rolsuper and (p.oid = d.datdba or has_table_privilege(p.oid, to_regclass('public.sightings'), 'insert')) loop
              execute format('grant execute on function %s to %I with grant option', f, r);
            end loop;
            execute format('revoke execute on function %s from public', f);
          end loop;
        end $do$
        """;

    /// <summary>Whether every role may still call them.</summary>
    public const string AreOpen = "select has_function_privilege('public', 'pg_advisory_lock(bigint)', 'execute')";
}

using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Database;
using SmartCity.Core.Vehicles;
using SmartCity.Lake.Foreign;
using SmartCity.Lake.Sql;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.City;

/// <summary>
/// The schema <c>city</c> in Postgres: the lake's tables, so that every tool finds them with their columns and rights, and views of what is live, with plates and
/// keepers masked for those who may not see them. It is made anew when it is another than it was.
/// </summary>
internal sealed partial class CitySchema(NpgsqlDataSource dataSource, ForeignServer server, IOptions<LakeOptions> options, ILogger<CitySchema> logger)
{
    private const string ForeignSchema = "city_lake";

    // Whoever starts on the same database waits.
    private const long AdvisoryLock = 0x4C616B6553514C;

    // Postgres looks among temporary tables first unless they are named: a reader's own pg_roles would be taken for the real one.
    private const string SearchPath = "set search_path = pg_catalog, pg_temp";

    private const string Temporary =
        """
        do $$ begin
            if exists (select from pg_catalog.pg_database d, pg_catalog.aclexplode(coalesce(d.datacl, pg_catalog.acldefault('d', d.datdba))) a
                where d.datname = pg_catalog.current_database() and a.grantee = 0 and a.privilege_type = 'TEMPORARY') then
                execute pg_catalog.format('grant temporary on database %I to %I', pg_catalog.current_database(), current_user);
                execute pg_catalog.format('revoke temporary on database %I from public', pg_catalog.current_database());
            end if;
        end $$
        """;

    private static readonly string Script = Build(isForeign: false);
    private static readonly string ForeignScript = Build(isForeign: true);

    /// <param name="listening">Where the lake does.</param>
    /// <param name="isStart">Whether the lake starts: then the analyst is as the settings say.</param>
    /// <param name="leads">Whether the foreign server is led to this process.</param>
    /// <returns>Whether it is there, and why Postgres cannot join the lake with live tables, as a sentence; null if it can.</returns>
    public async Task<(bool IsThere, string? Why)> EnsureAsync(IPEndPoint listening, bool isStart, bool leads, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        if (!await Migrations.AreDoneAsync(connection, cancellationToken))
        {
            return (false, null);
        }

        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, "select pg_advisory_xact_lock($1)", cancellationToken, AdvisoryLock);

        // While this waits for a reader's transaction to end, all other readers wait behind it.
        await ExecuteAsync(connection, "set local lock_timeout = '2s'", cancellationToken);
        var why = await server.EnsureAsync(connection, transaction, listening, leads, cancellationToken);
        var script = why is null ? ForeignScript : Script;
        var known = await ScalarAsync(connection, "select obj_description(to_regnamespace('city'), 'pg_namespace') where to_regclass('public.lake_readers') is not null", cancellationToken) as string;

        // What another process of this version has made with more is left.
        var hasMore = known?.EndsWith(Version(ForeignScript), StringComparison.Ordinal) == true;
        if (known is null || !(hasMore || known.EndsWith(Version(script), StringComparison.Ordinal)) || !await IsWholeAsync(connection, hasMore, cancellationToken))
        {
            await ExecuteAsync(connection, script, cancellationToken);
            await ExecuteAsync(connection, $"comment on schema city is 'The city''s SQL, version {Version(script)}'", cancellationToken);
            await ExecuteAsync(connection, "select city.admit(r.role, r.plates, r.own) from public.lake_readers r join pg_catalog.pg_roles p on p.rolname = r.role", cancellationToken);
        }

        // The core makes temporary tables, and readers have no need of any.
        await ExecuteAsync(connection, Temporary, cancellationToken);
        await WithdrawAsync(connection, isStart, cancellationToken);
        await MakeNobodyAsync(connection, transaction, isStart, cancellationToken);

        if (isStart && options.Value.Analyst is { Length: > 0 } analyst)
        {
            await AdmitAsync(connection, transaction, analyst, options.Value.AnalystPassword, options.Value.AnalystSeesPlates, cancellationToken);
            if (options.Value.AnalystWithoutPlates is { Length: > 0 } blind)
            {
                await AdmitAsync(connection, transaction, blind, options.Value.AnalystWithoutPlatesPassword, seesPlates: false, cancellationToken);
            }

            await DismissOthersAsync(connection, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return (true, why);
    }

    /// <summary>Makes Postgres ask the lake for a plan, as it does before it runs a statement.</summary>
    /// <exception cref="NpgsqlException">It cannot; the message says why.</exception>
    public async Task TryAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"explain select id from {ForeignSchema}.stations");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Somebody may have dropped the foreign server, and views with it.
    private static async Task<bool> IsWholeAsync(NpgsqlConnection connection, bool isForeign, CancellationToken cancellationToken)
    {
        var live = LiveView().Matches(Live).Select(m => m.Groups["name"].Value);
        string[] all = [.. CityTable.All.Select(t => $"city.{t.Name}"), .. live, .. CityTable.All.Where(_ => isForeign).Select(t => $"{ForeignSchema}.{t.Name}")];
        return await ScalarAsync(connection, "select n from unnest($1) as n where pg_catalog.to_regclass(n) is null limit 1", cancellationToken, [all]) is null;
    }

    [GeneratedRegex(@"create view (?<name>city\.\w+)")]
    private static partial Regex LiveView();

    private static string Version(string script) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(script)));

    private async Task WithdrawAsync(NpgsqlConnection connection, bool isStart, CancellationToken cancellationToken)
    {
        if (await ScalarAsync(connection, "select rolsuper from pg_catalog.pg_roles where rolname = current_user", cancellationToken) is true)
        {
            await ExecuteAsync(connection, PublicFunctions.Withdraw, cancellationToken);
        }
        else if (isStart && await ScalarAsync(connection, PublicFunctions.AreOpen, cancellationToken) is true)
        {
            logger.LogWarning("Postgres lets every role take advisory locks and make large objects, so whoever reads the city by SQL can stop the core. Let a superuser run in this database what docs/lake.md has under \"What only a superuser can do\".");
        }
    }

    private async Task MakeNobodyAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, bool isStart, CancellationToken cancellationToken)
    {
        const string Before = "before_nobody";
        if (await ScalarAsync(connection, "select 1 from pg_catalog.pg_roles where rolname = $1 and pg_catalog.pg_has_role(current_user, oid, 'member')", cancellationToken, Nobody.Role) is not null)
        {
            return;
        }

        if (!isStart)
        {
            return; // Postgres would log an error at each look
        }

        await transaction.SaveAsync(Before, cancellationToken);
        try
        {
            await ExecuteAsync(connection, Nobody.Make, cancellationToken);
        }
        catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            await transaction.RollbackAsync(Before, cancellationToken);
            logger.LogWarning("There is no role {Role} as which the owner of the database may act, so conditions that only Postgres can do are refused for tables of the lake. Let a superuser run in this database what docs/lake.md has under \"What only a superuser can do\".", Nobody.Role);
        }
    }

    // Who owns the database may not be one who makes roles: then somebody else has made it, or will.
    private async Task AdmitAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string analyst, string? given, bool seesPlates, CancellationToken cancellationToken)
    {
        const string Before = "before_role";
        var exists = await ScalarAsync(connection, "select 1 from pg_roles where rolname = $1", cancellationToken, analyst) is not null;
        if (given is { Length: > 0 } password)
        {
            await transaction.SaveAsync(Before, cancellationToken);
            try
            {
                var role = (string)(await ScalarAsync(connection, $"select format('{(exists ? "alter" : "create")} role %I login password %L connection limit %s', $1, $2, $3)", cancellationToken, analyst, password, options.Value.AnalystConnections))!;
                await ExecuteAsync(connection, role, cancellationToken);
                foreach (var (name, most) in new[] { ("statement_timeout", options.Value.AnalystTimeout), ("idle_in_transaction_session_timeout", options.Value.AnalystIdle) })
                {
                    var limit = (string)(await ScalarAsync(connection, "select format('alter role %I in database %I set %I = %L', $1, current_database(), $2, $3)", cancellationToken, analyst, name, $"{most.TotalMilliseconds:0}"))!;
                    await ExecuteAsync(connection, limit, cancellationToken);
                }

                exists = true;
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.InsufficientPrivilege)
            {
                await transaction.RollbackAsync(Before, cancellationToken);
                logger.LogInformation("The password and the limits of the role {Role} are left to who may change roles: the owner of the database may not ({Error}).", analyst, e.MessageText);
            }
        }

        if (!exists)
        {
            logger.LogWarning("There is no role {Role} to admit. Make it with: create role {Role} login password '…', as a superuser, and start SmartCity.Lake again.", analyst, analyst);
        }
        else
        {
            await FollowAsync(connection, analyst, seesPlates, cancellationToken);
        }
    }

    // What somebody has said by hand holds. Of a role that an earlier release admitted that is not known: then the setting takes plates away, and gives none.
    private static Task FollowAsync(NpgsqlConnection connection, string analyst, bool seesPlates, CancellationToken cancellationToken) =>
        ExecuteAsync(
            connection,
            "select city.admit($1::name, $2, true) where not exists (select from public.lake_readers where role = $1::name and (own is false or (own is null and not plates and $2) or (own and plates = $2)))",
            cancellationToken,
            analyst,
            seesPlates);

    private async Task DismissOthersAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var analyst = options.Value.Analyst;
        string[] named = [.. new[] { analyst, options.Value.AnalystWithoutPlates }.OfType<string>()];
        while (await ScalarAsync(connection, "select role::text from public.lake_readers where own and not role::text = any($1) limit 1", cancellationToken, [named]) is string old)
        {
            await ExecuteAsync(connection, "select city.dismiss($1::name)", cancellationToken, old);
            logger.LogWarning("Lake:Analyst is {Role}. The role {Old}, which it was before, may not read the schema city any more. To admit it again: select city.admit('{Old}').", analyst, old, old);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values) => await ScalarAsync(connection, sql, cancellationToken, values);

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        return await command.ExecuteScalarAsync(cancellationToken) is { } result and not DBNull ? result : null;
    }

    private static string Build(bool isForeign)
    {
        var script = new StringBuilder(
            $$"""
            drop schema if exists city cascade;
            drop schema if exists {{ForeignSchema}} cascade;
            create schema city;
            {{(isForeign ? $"create schema {ForeignSchema};" : "")}}
            create table if not exists public.lake_readers (role name primary key, plates boolean not null);
            alter table public.lake_readers add column if not exists own boolean;
            create unlogged table if not exists public.lake_cancels (key bytea primary key, asked_at timestamptz not null default now());
            comment on table public.lake_cancels is 'Requests to cancel that came to a SmartCity.Lake whose statement it is not; the one that runs it takes them';
            comment on column public.lake_readers.own is 'Whether SmartCity.Lake admitted the role by its settings; null if that is not known';

            create function city.sees_plates() returns boolean language sql stable security definer {{SearchPath}} as
            $$ select exists (select from public.lake_readers r join pg_catalog.pg_roles p on p.rolname = r.role where r.plates and pg_catalog.pg_has_role(session_user, p.oid, 'usage')) $$;

            create function city.masked(plate text) returns text language sql immutable as $$ select pg_catalog.left(plate, 2) operator(pg_catalog.||) '***' $$;


            """);
        foreach (var table in CityTable.All)
        {
            script.Append(isForeign ? Foreign(table) : Refusing(table));
        }

        script.Append(Live);
        var all = string.Join(", ", CityTable.All.Select(t => $"'{t.Name}'"));
        var plates = string.Join(", ", CityTable.All.SelectMany(t => t.Columns).Select(c => c.Name).Where(CityTable.IsPlate).Distinct().Select(c => $"'{c}'"));
        var functions = isForeign ? "" : string.Concat(CityTable.All.Select(t => $", city.lake_{t.Name}()"));
        script.Append(System.Globalization.CultureInfo.InvariantCulture,
            $"""

            create function city.admit(reader name, plates boolean default false, own boolean default false) returns void language plpgsql {SearchPath} as $$
            declare
                grants text;
            begin
                insert into public.lake_readers (role, plates, own) values (reader, admit.plates, admit.own) on conflict (role) do update set plates = excluded.plates, own = excluded.own;
                execute format('revoke all on all tables in schema city from %I', reader);
                execute format('grant usage on schema city to %I', reader);
                execute format('grant execute on function city.sees_plates(), city.masked(text){functions} to %I', reader);
                for grants in
                    select case when admit.plates or not c.relname in ({all}) then format('grant select on city.%I to %I', c.relname, reader)
                        else format('grant select (%s) on city.%I to %I', string_agg(quote_ident(a.attname), ', ') filter (where not a.attname in ({plates})), c.relname, reader) end
                    from pg_catalog.pg_class c join pg_catalog.pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                    where c.relnamespace = 'city'::regnamespace and c.relkind in ('v', 'f') group by c.relname
                loop
                    execute grants;
                end loop;
            end $$;
            create function city.dismiss(reader name) returns void language plpgsql {SearchPath} as $$
            begin
                delete from public.lake_readers where role = reader;
                if not exists (select from pg_catalog.pg_roles where rolname = reader) then
                    return;
                end if;
                execute format('revoke all on all tables in schema city from %I', reader);
                execute format('revoke all on all functions in schema city from %I', reader);
                execute format('revoke usage on schema city from %I', reader);
            end $$;
            revoke all on all functions in schema city from public;
            """);
        return script.ToString();
    }

    // A view over a foreign table: tools that list tables and views find it, and nobody has a right to what is behind it.
    private static string Foreign(CityTable table) =>
        $"""
        create foreign table {ForeignSchema}.{table.Name} ({string.Join(", ", table.Columns.Select(c => $"\"{c.Name}\" {TypeOf(c)}{(IsText(c) ? " collate \"C\"" : "")}"))})
            server {ForeignServer.Name} options (schema_name 'city', table_name '{table.Name}');
        create view city.{table.Name} as select * from {ForeignSchema}.{table.Name};

        """;

    // A function, so that nothing of it is known before it runs: it cannot be taken for a table without rows.
    private static string Refusing(CityTable table) =>
        $"""
        create function city.lake_{table.Name}() returns table ({string.Join(", ", table.Columns.Select(c => $"\"{c.Name}\" {TypeOf(c)}"))}) language plpgsql as $$
        begin
            raise exception 'city.{table.Name} is in the lake, and this statement cannot run there whole'
                using errcode = '0A000', hint = 'The notice before this error says why. Name only tables of the lake, or write the statement in two steps: what comes of the lake first.';
        end $$;
        create view city.{table.Name} as select {string.Join(", ", table.Columns.Select(c => $"\"{c.Name}\"{(IsText(c) ? " collate \"C\"" : "")} as \"{c.Name}\""))} from city.lake_{table.Name}();

        """;

    private static string TypeOf(CityColumn column) => column.Type.Kind == LakeKind.Numeric ? $"numeric(10, {column.Type.Scale})" : column.Type.Postgres;

    private static bool IsText(CityColumn column) => column.Type.Kind is LakeKind.Text or LakeKind.Texts;

    private const string Live =
        $"""

        create view city.registry as
        select case when (select city.sees_plates()) then plate else city.masked(plate) end as plate, make, model, colour, year, class, fuel, euro, first_registered, gross_kg, unladen_kg, tax_class, type_approval,
            nullif(since, '-infinity') as since, case when (select city.sees_plates()) then keeper end as keeper
        from public.vehicles;

        create view city.live_sightings as
        select id, captured_at, station_id, camera_id, lane, direction, case when (select city.sees_plates()) then plate else city.masked(plate) end as plate, country, format, confidence, frames, speed_kmh, stored_at
        from public.shown_sightings;

        create view city.live_passages as
        select p.id, p.first_at, p.last_at, case when (select city.sees_plates()) then p.plate else city.masked(p.plate) end as plate, p.country, p.station_id, p.camera_id, p.direction, p.sightings, p.best_confidence,
            v.make, v.class, v.fuel, v.euro
        from public.shown_passages p left join public.vehicles v on v.plate = p.plate and {VehicleRegistry.HasBegun};

        create view city.live_charges as
        select c.id, c.day, c.kind, case when (select city.sees_plates()) then c.plate else city.masked(c.plate) end as plate, c.scheme, c.amount, c.currency, c.rule, c.why, c.station_id, c.recorded_at,
            v.make, v.class, v.fuel, v.euro
        from public.shown_charges c left join public.vehicles v on v.plate = c.plate and {VehicleRegistry.HasBegun};

        create view city.live_alerts as
        select id, case when (select city.sees_plates()) then plate else city.masked(plate) end as plate, reason, priority, station_id, camera_id, direction, captured_at, raised_at, state
        from public.alerts where plate <> all (array(select r.plate from public.restricted_plates r));

        create view city.live_stations as select id, name, latitude, longitude, retired_at from public.stations;

        create view city.cameras as select id, station_id, lane, direction from public.cameras;

        create view city.counted_days as select report, day, rows, counted_at from public.report_days;

        """;
}

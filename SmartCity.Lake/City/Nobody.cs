namespace SmartCity.Lake.City;

/// <summary>The role without rights as which Postgres does what the lake hands back to it: it reads the rows that the lake has put before it, and none of the core's tables.</summary>
public static class Nobody
{
    public const string Role = "smartcity_nobody";

    /// <summary>Makes it, and lets the owner of the database act as it. A superuser runs it, or an owner who may make roles; a second time it does nothing.</summary>
    public const string Make =
        """
        do $do$
        begin
          if not exists (select from pg_catalog.pg_roles where rolname = 'smartcity_nobody') then
            begin
              create role smartcity_nobody nologin;
            exception when duplicate_object or unique_violation then null;
            end;
          end if;
          begin
            execute format('grant smartcity_nobody to %I', (select pg_get_userbyid(d.datdba) from pg_catalog.pg_database d where d.datname = current_database()));
          exception when unique_violation then null;
          end;
        end $do$
        """;
}

-- What changes tables while the core runs, for a role that does not own them: it can do this and no more.
create function make_sightings_day(day date) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    of_day name := 'sightings_' || to_char(day, 'YYYYMMDD');
begin
    -- Serialises those who attach to the same parent. Attaching takes a lighter lock on it than "create table … partition of" does.
    perform pg_advisory_xact_lock(6010448876027535737);
    if to_regclass('public.' || of_day) is null then
        execute format('create table public.%I (like public.sightings including defaults including constraints)', of_day);
        execute format('alter table public.sightings attach partition public.%I for values from (%L) to (%L)', of_day, day::timestamp at time zone 'UTC', (day + 1)::timestamp at time zone 'UTC');
    end if;
end $$;

create function drop_sightings_day(of_day name) returns void language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    has_rows boolean;
begin
    if of_day !~ '^sightings_[0-9]{8}$' then
        raise exception '% is not a day of sightings', of_day;
    end if;
    execute format('select exists (select from public.%I)', of_day) into has_rows;
    if has_rows then
        raise exception '% has sightings', of_day;
    end if;
    execute format('drop table public.%I', of_day);
end $$;

revoke all on function make_sightings_day(date), drop_sightings_day(name) from public;

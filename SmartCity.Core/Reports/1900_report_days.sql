-- What a report counts on a charging day that is over, so that a year takes no longer than a week. A day is counted again when something of it has come or changed.
create table report_days (
    report     text not null,
    day        date not null,
    rows       json not null,
    counted_at timestamptz not null default now(),
    primary key (report, day)
);

-- Days of which something came or changed. A newer mark says that more has: who counts a day takes away the mark that was there before.
create sequence report_marks;
create table report_days_due (
    part text not null check (part in ('traffic', 'charges')),
    day  date not null,
    mark bigint not null default nextval('report_marks'),
    primary key (part, day)
);

-- Days whose numbers a sighting of this hour can change: a vehicle sets out on one day and arrives on the next, and a passage may go on over midnight.
create function report_days_touched(hour timestamptz) returns setof date language sql stable as $$
    select distinct ((hour + reach) at time zone (select time_zone from city))::date from (values (interval '-3 hours'), (interval '0'), (interval '2 hours')) r (reach)
$$;

-- The first day of which everything is still there to be counted; null if there is nothing.
create function report_floor(part text, today date) returns date language sql stable as $$
    select case when part = 'charges' then (select min(day) from charge_entries) else (
        select greatest(((select min(first_at) from passages) at time zone c.zone)::date,
                        today - (select days from retention where kind = 'sightings') + 4,
                        ((select max(before) from retention_runs where kind = 'sightings') at time zone c.zone)::date + 1)
        from (select time_zone as zone from city) c where exists (select from passages)) end
$$;

-- Until a change is archived its day is counted when somebody asks. The core of the former release marks days, too, so it is the tables that do it.
create function archived_sightings_make_days_due() returns trigger language plpgsql as $$
begin
    insert into report_days_due (part, day)
    select distinct 'traffic', d from (select distinct date_trunc('hour', captured_at) as hour from gone) h, report_days_touched(h.hour) d order by d
    on conflict (part, day) do update set mark = excluded.mark;
    return null;
end $$;

create trigger archived_sightings_make_days_due after delete on archive_queue referencing old table as gone
    for each statement execute function archived_sightings_make_days_due();

create function archived_charges_make_days_due() returns trigger language plpgsql as $$
begin
    insert into report_days_due (part, day)
    select distinct 'charges', c.day from gone g join charge_entries c on c.id = g.entry_id order by c.day
    on conflict (part, day) do update set mark = excluded.mark;
    return null;
end $$;

create trigger archived_charges_make_days_due after delete on lake_charges referencing old table as gone
    for each statement execute function archived_charges_make_days_due();

-- Other midnights make other days.
create function report_days_follow_the_zone() returns trigger language plpgsql as $$
begin
    delete from report_days;
    return null;
end $$;

create trigger report_days_follow_the_zone after update of time_zone on city
    for each row when (old.time_zone is distinct from new.time_zone) execute function report_days_follow_the_zone();

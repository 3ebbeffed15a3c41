-- Batches that are archived make the days due between their first sighting and their last.
create function archived_batches_make_days_due() returns trigger language plpgsql as $$
begin
    insert into report_days_due (part, day)
    select distinct 'traffic', d
    from (select distinct h from gone g, generate_series(date_trunc('hour', g.from_at), g.to_at, interval '1 hour') h) hours (hour), report_days_touched(hours.hour) d order by d
    on conflict (part, day) do update set mark = excluded.mark;
    return null;
end $$;

create trigger archived_batches_make_days_due after delete on archive_batches referencing old table as gone
    for each statement execute function archived_batches_make_days_due();

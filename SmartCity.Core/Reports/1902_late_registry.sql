-- Vehicles that the registry gets to know late were counted as unknown on the days on which they passed: those days are counted again. What changes of a vehicle that was known does not
-- count anew: a report says what the registry said when the day was counted. It is the table that does it, whoever fills it.
create function new_vehicles_make_days_due() returns trigger language plpgsql as $$
begin
    insert into report_days_due (part, day)
    select distinct 'traffic', (p.first_at at time zone (select time_zone from city))::date as day
    from added a, lateral (select first_at from passages where plate = a.plate offset 0) p order by day
    on conflict (part, day) do update set mark = excluded.mark;
    return null;
end $$;

create trigger new_vehicles_make_days_due after insert on vehicles referencing new table as added
    for each statement execute function new_vehicles_make_days_due();

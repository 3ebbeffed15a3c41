-- Days whose passages are not yet in the lake as they are now: every change of a passage comes from a sighting that is archived.
create table lake_days (day date primary key);

insert into lake_days select distinct (first_at at time zone 'UTC')::date from passages;

-- Lines of the ledger that are not yet in the lake.
create table lake_charges (entry_id uuid primary key);

insert into lake_charges select id from charge_entries;

create function charge_entries_reach_the_lake() returns trigger language plpgsql as $$
begin
    insert into lake_charges select id from added;
    return null;
end $$;

create trigger charge_entries_reach_the_lake after insert on charge_entries referencing new table as added
    for each statement execute function charge_entries_reach_the_lake();

-- The functions of the city file, and who calls each at the moment. One that the file no longer names is told of nothing more.
create table functions (
    name       text primary key,
    events     text[] not null,
    held_by    uuid,
    held_until timestamptz not null default '-infinity'
);

-- What functions are still to be told, and what they never took. Only ids: what is erased meanwhile is told to nobody. Deleted when it is done.
create table function_events (
    id        bigint generated always as identity primary key,
    function  text not null,
    event     text not null,
    subject   text not null,
    revision  int not null default 0,
    at        timestamptz not null,
    state     text not null default 'waiting' check (state in ('waiting', 'dead')),
    attempts  int,
    reason    text,
    given_up_at timestamptz
);

create index function_events_waiting on function_events (function, id) where state = 'waiting';
create index function_events_dead on function_events (function, id) where state = 'dead';

create function alerts_reach_functions() returns trigger language plpgsql as $$
begin
    insert into function_events (function, event, subject, at)
    select f.name, 'alert.raised', a.id::text, a.raised_at from added a join functions f on 'alert.raised' = any(f.events) order by a.raised_at, a.id;
    return null;
end $$;

create trigger alerts_reach_functions after insert on alerts referencing new table as added for each statement execute function alerts_reach_functions();

create function charges_reach_functions() returns trigger language plpgsql as $$
begin
    insert into function_events (function, event, subject, at)
    select f.name, e.event, e.id::text, e.recorded_at
    from (select id, recorded_at, case kind when 'charge' then 'charge.made' else 'charge.reversed' end as event from added) as e
    join functions f on e.event = any(f.events) order by e.recorded_at, e.id;
    return null;
end $$;

create trigger charges_reach_functions after insert on charge_entries referencing new table as added for each statement execute function charges_reach_functions();

-- Every revision of a sighting is queued for the archive when it is stored; what a person corrected is queued as such.
create function sightings_reach_functions() returns trigger language plpgsql as $$
begin
    insert into function_events (function, event, subject, revision, at)
    select f.name, 'sighting.stored', s.sighting_id::text, s.revision, s.captured_at from added s join functions f on 'sighting.stored' = any(f.events)
    where s.corrected = 0 order by s.captured_at, s.sighting_id;
    return null;
end $$;

create trigger sightings_reach_functions after insert on archive_queue referencing new table as added for each statement execute function sightings_reach_functions();

create function models_reach_functions() returns trigger language plpgsql as $$
begin
    insert into function_events (function, event, subject, at)
    select f.name, 'model.released', new.version_id, new.moved_at from functions f where 'model.released' = any(f.events);
    return null;
end $$;

create trigger models_reach_functions_first after insert on model_aliases for each row when (new.alias = 'champion') execute function models_reach_functions();
create trigger models_reach_functions after update on model_aliases for each row when (new.alias = 'champion' and new.version_id <> old.version_id) execute function models_reach_functions();

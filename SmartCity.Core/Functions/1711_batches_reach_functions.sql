-- A batch waits for the archive as one row for each of its days; functions are told of each of its sightings, and not again of those that an object leaves.
create function batches_reach_functions() returns trigger language plpgsql as $$
begin
    if exists (select from functions where 'sighting.stored' = any(events)) then
        insert into function_events (function, event, subject, revision, at)
        select f.name, 'sighting.stored', s.id::text, s.revision, s.captured_at
        from added b
        cross join lateral unnest(b.captured_at, b.sighting_ids) as w (captured_at, sighting_id)
        cross join lateral (select s.id, s.captured_at, s.revision from sightings s where s.captured_at = w.captured_at and s.id = w.sighting_id offset 0) as s
        join functions f on 'sighting.stored' = any(f.events)
        where not b.is_rest order by s.captured_at, s.id;
    end if;
    return null;
end $$;

create trigger batches_reach_functions after insert on archive_batches referencing new table as added for each statement execute function batches_reach_functions();

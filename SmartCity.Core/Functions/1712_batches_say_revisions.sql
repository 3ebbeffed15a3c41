-- Of the batch alone: a look at sightings without plain bounds of time would lock the table of every day for each batch.
create or replace function batches_reach_functions() returns trigger language plpgsql as $$
begin
    if exists (select from functions where 'sighting.stored' = any(events)) then
        insert into function_events (function, event, subject, revision, at)
        select f.name, 'sighting.stored', w.sighting_id::text, coalesce(w.revision, 0), w.captured_at
        from added b
        cross join lateral unnest(b.captured_at, b.sighting_ids, b.revisions) as w (captured_at, sighting_id, revision)
        join functions f on 'sighting.stored' = any(f.events)
        where not b.is_rest order by w.captured_at, w.sighting_id;
    end if;
    return null;
end $$;

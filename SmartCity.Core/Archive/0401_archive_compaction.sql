-- The queue knows each row's station: what is due is found without reading the sightings.
alter table archive_queue add column station_id text;
update archive_queue q set station_id = s.station_id from sightings s where s.captured_at = q.captured_at and s.id = q.sighting_id;
alter table archive_queue alter column station_id set not null;

-- An object that was announced and not finished is removed and its rows are taken again.
drop index archive_queue_waiting;
drop index archive_queue_object;
alter table archive_queue drop column object_key;
create index archive_queue_waiting on archive_queue (station_id, captured_at);

-- The catalogue knows each object's place, and which object took its rows over.
alter table archive_objects
    add column station_id text,
    add column day date,
    add column replaced_by text;
update archive_objects set station_id = substring(key from 'station=([^/]*)'), day = substring(key from 'date=([^/]*)')::date;
alter table archive_objects
    alter column station_id set not null,
    alter column day set not null,
    drop constraint archive_objects_state_check,
    add constraint archive_objects_state_check check (state in ('writing', 'written', 'compacting', 'replaced'));

create index archive_objects_replaced on archive_objects (replaced_by) where replaced_by is not null;

-- What is to be archived: filled in the transaction that stores the sighting, emptied when its object is durable.
create table archive_queue (
    sighting_id uuid primary key,
    captured_at timestamptz not null,
    queued_at   timestamptz not null default now(),
    object_key  text
);

create index archive_queue_waiting on archive_queue (captured_at) where object_key is null;
create index archive_queue_object on archive_queue (object_key) where object_key is not null;

create table archive_objects (
    key        text primary key,
    state      text not null default 'writing' check (state in ('writing', 'written')),
    rows       bigint not null default 0,
    bytes      bigint not null default 0,
    first_at   timestamptz,
    last_at    timestamptz,
    written_at timestamptz
);

-- What each batch has stored, for the screens that other cores serve: its newest sightings, kept for a minute.
create table live_batches (
    id        uuid primary key,
    at        timestamptz not null default clock_timestamp(),
    core      uuid not null,
    from_at   timestamptz not null,
    to_at     timestamptz not null,
    sightings uuid[] not null
);

create index live_batches_at on live_batches (at);

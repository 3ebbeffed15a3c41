-- What a batch has stored and is to be archived: a row for each of its days, with all sightings of that day, where archive_queue had a row and two entries of indexes for each of them.
-- What is corrected later waits in archive_queue as before, and so does what a core of the release before stores: this release archives both.
create table archive_batches (
    id           uuid primary key,
    queued_at    timestamptz not null default now(),
    from_at      timestamptz not null,
    to_at        timestamptz not null,
    rows         int not null,
    captured_at  timestamptz[] not null,
    sighting_ids uuid[] not null,
    is_rest      boolean not null default false -- what an object left of a batch
);

create index archive_batches_from on archive_batches (from_at);

-- Each sighting that waits.
create view archive_waiting as
select captured_at, sighting_id, queued_at from archive_queue
union all
select w.captured_at, w.sighting_id, b.queued_at from archive_batches b cross join lateral unnest(b.captured_at, b.sighting_ids) as w (captured_at, sighting_id);

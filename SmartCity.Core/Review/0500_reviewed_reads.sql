-- A person's decision changes what a sighting counts as; what the camera read stays beside it.
alter table sightings
    add column read_plate  text,
    add column reviewed_at timestamptz;

-- Every decision on a reading: truth for training.
create table reviewed_reads (
    id             uuid primary key,
    sighting_id    uuid not null,
    captured_at    timestamptz not null,
    station_id     text not null,
    camera_id      text not null,
    decision       text not null check (decision in ('confirmed', 'corrected', 'no-plate')),
    read_plate     text,
    plate          text,
    confidence     double precision not null,
    evidence       text,
    reader_version text,
    reviewed_by    text,
    reviewed_at    timestamptz not null
);

create index reviewed_reads_sighting on reviewed_reads (sighting_id, reviewed_at);
create index reviewed_reads_reviewed on reviewed_reads (reviewed_at desc, id desc);
create index review_cases_plate on review_cases (plate) where state = 'open' and plate is not null;

alter table review_cases drop constraint review_cases_state_check;
alter table review_cases add constraint review_cases_state_check check (state in ('open', 'confirmed', 'corrected', 'no-plate', 'skipped', 'settled'));

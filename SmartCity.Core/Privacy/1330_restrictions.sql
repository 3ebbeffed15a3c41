-- Plates whose processing is restricted: what is stored of them stays, and is shown to nobody who has no right to it. At most one restriction of a plate stands.
create table plate_restrictions (
    id            uuid primary key,
    plate         text not null,
    reason        text not null,
    from_day      date not null, -- of the city
    restricted_by text not null,
    restricted_at timestamptz not null,
    lift_reason   text,
    lifted_by     text,
    lifted_at     timestamptz,
    records       jsonb not null default '[]', -- what was stored of the plate when it was restricted or, once it is lifted, then
    check ((lifted_at is null) = (lifted_by is null) and (lifted_at is null) = (lift_reason is null))
);

create unique index plate_restrictions_standing on plate_restrictions (plate) where lifted_at is null;

-- The rule itself: whatever lists, searches or exports reads one of the shown_ views.
create view restricted_plates as
select plate from plate_restrictions where lifted_at is null and from_day <= (now() at time zone (select time_zone from city))::date;

-- The array is made once for each statement, so plans stay as they are without it.
create view shown_sightings as
select id, captured_at, station_id, camera_id, lane, direction, plate, country, format, confidence, characters, alternatives, frames, box, evidence, detector_version, reader_version, speed_kmh,
    trace_id, topic, partition, record_offset, stored_at, passage_id, read_plate, reviewed_at, clock_synchronised, revision, movement, evidence_sha256, patch_sha256
from sightings
where (plate is null or plate <> all (array(select r.plate from restricted_plates r))) and (read_plate is null or read_plate <> all (array(select r.plate from restricted_plates r)));

create view shown_passages as
select id, plate, country, station_id, camera_id, direction, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence, evidence, trace_id
from passages where plate <> all (array(select r.plate from restricted_plates r));

create view shown_charges as
select id, kind, plate, scheme, day, generation, amount, rule, why, tariff_version, sighting_id, station_id, evidence, trace_id, reverses, recorded_at, waives, facts, currency
from charge_entries where plate <> all (array(select r.plate from restricted_plates r));

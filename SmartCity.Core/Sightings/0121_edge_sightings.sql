-- What edges ask: how far a station's records have come, and which of its sightings went to the dead letters.
alter table station_totals add column sent_to timestamptz;
alter table dead_letters add column sighting_id uuid;
create index dead_letters_sighting on dead_letters (sighting_id) where sighting_id is not null;

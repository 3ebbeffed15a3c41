-- A sighting whose vehicle showed more in later frames comes again with a higher revision, which takes the place of the one before.
alter table sightings add column revision int not null default 0;

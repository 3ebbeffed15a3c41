-- Usually a sighting's id says when it was captured. Of those whose id says something else, the one time under which the id is known: it is in no index that is unique.
create table sighting_times (
    id          uuid primary key,
    captured_at timestamptz not null
);

create index sighting_times_captured on sighting_times (captured_at);

-- What was erased stays so, whatever its edge still sends.
alter table sightings add column erased_at timestamptz;

-- The frames before and after a sighting: one small picture beside its evidence. It may come before the sighting, and goes with its pictures.
create table sighting_strips (
    id           uuid not null,
    captured_at  timestamptz not null,
    key          text not null,
    sha256       bytea not null,
    width        integer not null,
    height       integer not null,
    milliseconds integer[] not null,
    primary key (id, key) -- whoever else names the sighting takes nothing from its own station
);
create index sighting_strips_captured_at on sighting_strips (captured_at, id);

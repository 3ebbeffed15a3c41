-- The zones of the schemes as they are drawn on maps. Which station belongs to which is in station_zones, dated.
create table zones (
    id      text primary key check (id in ('ulez', 'lez', 'congestion')),
    name    text not null,
    outline jsonb not null default '[]'
);

-- What people note of a vehicle or of a station, for whoever meets it next.
create table notes (
    id         uuid primary key,
    plate      text,
    station_id text,
    at         timestamptz not null,
    by         text not null,
    text       text not null,
    check ((plate is null) <> (station_id is null))
);

create index notes_plate on notes (plate, at desc) where plate is not null;
create index notes_station on notes (station_id, at desc) where station_id is not null;
create index notes_at on notes (at);

insert into retention (kind, days) values ('notes', 90);

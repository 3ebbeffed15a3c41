-- Sightings by station and five minutes of capture, kept in the batch's transaction: a day's traffic is a few hundred rows however many vehicles passed.
create table station_flow (
    at         timestamptz not null,
    station_id text not null,
    sightings  bigint not null,
    primary key (at, station_id)
);

insert into station_flow select date_bin('5 minutes', captured_at, '2000-01-01 00:00:00Z'), station_id, count(*) from sightings group by 1, 2;

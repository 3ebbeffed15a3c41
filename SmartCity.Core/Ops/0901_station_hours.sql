-- What each station's edge says it has published, by hour of capture, beside what has arrived: a gap is what was lost between the two.
create table station_hours (
    station_id    text not null,
    hour          timestamptz not null,
    -- Of these nothing is on its way any more.
    published     bigint not null,
    missing       bigint not null default 0,
    missing_since timestamptz,
    asked_at      timestamptz,
    primary key (station_id, hour)
);

create index station_hours_missing on station_hours (station_id, hour) where missing > 0;

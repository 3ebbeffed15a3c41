-- The tables that several slices read. Times are UTC; a charging day is a Europe/London calendar day.
create table vehicles (
    plate            text primary key check (plate ~ '^[A-Z0-9]{1,12}$'),
    make             text,
    model            text,
    colour           text,
    year             int,
    class            text not null check (class in ('car', 'van', 'minibus', 'hgv', 'coach', 'motorcycle', 'taxi', 'phv')),
    fuel             text not null check (fuel in ('petrol', 'diesel', 'electric', 'hydrogen', 'hybrid-petrol', 'hybrid-diesel', 'gas')),
    euro             int check (euro between 0 and 6),
    first_registered date,
    gross_kg         int,
    unladen_kg       int,
    tax_class        text check (tax_class in ('historic', 'disabled', 'military', 'agricultural')),
    type_approval    text,
    keeper           text,
    discounts        text[] not null default '{}'
);

create table stations (
    id        text primary key,
    name      text not null,
    latitude  double precision not null,
    longitude double precision not null
);

create table station_zones (
    station_id text not null references stations (id) on delete cascade,
    zone       text not null,
    from_day   date not null default '-infinity',
    to_day     date not null default 'infinity',
    primary key (station_id, zone, from_day)
);

create table cameras (
    id         text primary key,
    station_id text not null references stations (id) on delete cascade,
    lane       int,
    direction  text
);

-- Partitioned by UTC day of capture; captured_at never changes for an id, so the key makes every replay harmless.
create table sightings (
    id               uuid not null,
    captured_at      timestamptz not null,
    station_id       text not null,
    camera_id        text not null,
    lane             int,
    direction        text,
    plate            text,
    country          text,
    format           text,
    confidence       double precision not null,
    characters       real[] not null,
    alternatives     jsonb not null default '[]',
    frames           int not null,
    box              int[] not null,
    evidence         text,
    detector_version text,
    reader_version   text,
    speed_kmh        double precision,
    trace_id         text,
    topic            text not null,
    partition        int not null,
    record_offset    bigint not null,
    stored_at        timestamptz not null,
    passage_id       uuid,
    primary key (captured_at, id)
) partition by range (captured_at);

create index sightings_id on sightings (id);
create index sightings_plate on sightings (plate, captured_at desc) where plate is not null;
create index sightings_station on sightings (station_id, captured_at desc);

create table passages (
    id               uuid primary key,
    plate            text not null,
    country          text,
    station_id       text not null,
    camera_id        text not null,
    direction        text,
    first_at         timestamptz not null,
    last_at          timestamptz not null,
    sightings        int not null,
    best_sighting_id uuid not null,
    best_at          timestamptz not null,
    best_confidence  double precision not null,
    evidence         text,
    trace_id         text
);

create index passages_neighbours on passages (plate, station_id, last_at);
create index passages_first on passages (first_at desc, id desc);

create table review_cases (
    id          uuid primary key,
    kind        text not null check (kind in ('unread', 'doubtful', 'unregistered', 'near-match', 'unclassified')),
    why         text not null,
    sighting_id uuid not null,
    captured_at timestamptz not null,
    station_id  text not null,
    plate       text,
    confidence  double precision not null,
    evidence    text,
    state       text not null default 'open' check (state in ('open', 'confirmed', 'corrected', 'no-plate', 'skipped')),
    created_at  timestamptz not null,
    resolved_plate text,
    resolved_by    text,
    resolved_at    timestamptz,
    unique (sighting_id, kind)
);

create index review_open on review_cases (captured_at desc, id) where state = 'open';

-- Records that could not be used, with their original bytes. A broker that is set up anew counts offsets from zero again, hence the digest.
create table dead_letters (
    id            uuid primary key,
    topic         text not null,
    partition     int not null,
    record_offset bigint not null,
    digest        bytea not null,
    record_key    bytea,
    record_value  bytea,
    headers       jsonb not null default '[]',
    recorded_at   timestamptz not null,
    reason        text not null,
    unique (topic, partition, record_offset, digest)
);

create index dead_letters_recorded on dead_letters (recorded_at desc, id desc);

-- What each station has delivered, kept in the batch's transaction.
create table station_totals (
    station_id text primary key,
    stored     bigint not null,
    duplicates bigint not null,
    newest     timestamptz not null
);

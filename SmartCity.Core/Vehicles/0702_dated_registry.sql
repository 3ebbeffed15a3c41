-- A vehicle's facts hold from a day on: the newest are in vehicles, what held before in vehicle_history. Discounts are a register of their own;
-- vehicles.discounts is no longer read.
alter table vehicles
    add column since date not null default '-infinity',
    add column source text,
    add column recorded_at timestamptz not null default now();

create table vehicle_history (
    plate            text not null,
    from_day         date not null,
    to_day           date not null, -- the first day on which it no longer holds
    make             text,
    model            text,
    colour           text,
    year             int,
    class            text not null,
    fuel             text not null,
    euro             int,
    first_registered date,
    gross_kg         int,
    unladen_kg       int,
    tax_class        text,
    type_approval    text,
    keeper           text,
    source           text,
    recorded_at      timestamptz not null,
    primary key (plate, from_day),
    check (from_day < to_day)
);

create table vehicle_discounts (
    plate       text not null,
    discount    text not null,
    from_day    date not null default '-infinity',
    last_day    date not null default 'infinity',
    source      text,
    recorded_at timestamptz not null default now(),
    primary key (plate, discount, from_day),
    check (from_day <= last_day)
);

insert into vehicle_discounts (plate, discount) select distinct plate, unnest(discounts) from vehicles where discounts <> '{}';

-- What was known of the vehicle when the line was written.
alter table charge_entries add column facts jsonb;

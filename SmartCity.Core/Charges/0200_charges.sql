-- Append-only. A charge of generation 0 is the one that ingest makes, once for ever, whatever is replayed; a correction reverses it by a row
-- of its own and may derive a charge of the next generation. What stands is the sum.
create table charge_entries (
    id             uuid primary key,
    kind           text not null check (kind in ('charge', 'reversal')),
    plate          text not null,
    scheme         text not null check (scheme in ('ulez', 'lez', 'congestion')),
    day            date not null,
    generation     int not null default 0,
    amount         numeric(10, 2) not null check ((kind = 'charge') = (amount > 0)),
    rule           text not null,
    why            text not null,
    tariff_version text not null,
    sighting_id    uuid not null,
    station_id     text not null,
    evidence       text,
    trace_id       text,
    reverses       uuid references charge_entries (id),
    recorded_at    timestamptz not null,
    unique (plate, scheme, day, kind, generation)
);

create index charge_entries_recorded on charge_entries (recorded_at desc, id desc);
create index charge_entries_day on charge_entries (day, scheme);
create index charge_entries_sighting on charge_entries (sighting_id);

create function charge_entries_are_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'charge_entries is append-only: a correction adds a row';
end $$;

create trigger charge_entries_append_only before update or delete on charge_entries
    for each row execute function charge_entries_are_append_only();

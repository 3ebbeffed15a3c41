-- What the city file says of charging days and amounts: one row, kept up to date at start, so that SQL counts by the same days as the rules.
create table city (
    one       boolean primary key default true check (one),
    time_zone text not null,
    currency  text not null
);
insert into city (time_zone, currency) values ('Europe/London', 'GBP');

alter table charge_entries add column currency text not null default 'GBP';

create or replace function tariffs_are_not_changed() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.from_day > (now() at time zone (select time_zone from city))::date then
        return old;
    end if;
    raise exception 'tariff % is not changed or removed once it has begun; add one from a later day', old.version;
end $$;

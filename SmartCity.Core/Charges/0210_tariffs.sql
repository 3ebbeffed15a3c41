-- Tariffs beside the one that ships with the product; each holds from its day on, until the next. One that has begun is never changed.
create table tariffs (
    version  text primary key,
    from_day date not null unique,
    rates    jsonb not null,
    added_by text not null,
    added_at timestamptz not null
);

create function tariffs_are_not_changed() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and old.from_day > (now() at time zone 'Europe/London')::date then
        return old;
    end if;
    raise exception 'tariff % is not changed or removed once it has begun; add one from a later day', old.version;
end $$;

create trigger tariffs_are_not_changed before update or delete on tariffs for each row execute function tariffs_are_not_changed();

-- Whoever keeps the hot-list in memory asks for what changed since the number that it knows. Numbers are given in the order of the commits: a writer
-- holds the lock until its transaction ends, so nobody who knows a number has still to see a lower one. 0 is what was there before there were numbers.
create sequence hotlist_changes;

alter table hotlist_entries add column change bigint not null default 0;

alter table hotlist_entries alter column change set default nextval('hotlist_changes');

create index hotlist_change on hotlist_entries (change) where change > 0;

create function hotlist_take_turn() returns trigger language plpgsql as $$
begin
    perform pg_advisory_xact_lock(3, 0);
    return null;
end
$$;

create function hotlist_number_change() returns trigger language plpgsql as $$
begin
    new.change := nextval('hotlist_changes');
    return new;
end
$$;

create trigger hotlist_turn before insert or update on hotlist_entries for each statement execute function hotlist_take_turn();

create trigger hotlist_number before update on hotlist_entries for each row execute function hotlist_number_change();

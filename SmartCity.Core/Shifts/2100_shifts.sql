-- Shifts of the control room, one after the other: one runs until the next person has taken over. waiting is what waited for somebody when it was handed over; it names no plate.
create table shifts (
    id        uuid primary key,
    held_by   text not null,
    begun_at  timestamptz not null,
    handed_at timestamptz,
    handed_by text,
    handed_to text,
    note      text,
    waiting   jsonb,
    taken_by  text,
    ended_at  timestamptz,
    check ((ended_at is null) = (taken_by is null) and (ended_at is null or handed_at is not null))
);

create unique index shifts_running on shifts ((true)) where ended_at is null;
create index shifts_begun on shifts (begun_at desc, id desc);

-- plate is of whatever the entry refers to, so that it is found with the vehicle.
create table shift_entries (
    id            uuid primary key,
    shift_id      uuid not null references shifts (id) on delete cascade,
    at            timestamptz not null,
    by            text not null,
    text          text not null,
    kind          text check (kind in ('alert', 'vehicle', 'station', 'charge', 'case')),
    about         text,
    plate         text,
    struck_at     timestamptz,
    struck_by     text,
    struck_reason text,
    check ((kind is null) = (about is null)),
    check ((struck_at is null) = (struck_by is null) and (struck_at is null) = (struck_reason is null))
);

create index shift_entries_of on shift_entries (shift_id, at, id);
create index shift_entries_plate on shift_entries (plate) where plate is not null;

-- What was written stays as it was written: an entry is struck once, and nothing else of it ever changes.
create function shift_entries_stay() returns trigger language plpgsql as $$
begin
    if old.struck_at is not null or to_jsonb(old) - array['struck_at', 'struck_by', 'struck_reason'] <> to_jsonb(new) - array['struck_at', 'struck_by', 'struck_reason'] then
        raise exception 'an entry of the log of a shift stays as it was written';
    end if;
    return new;
end
$$;

create trigger shift_entries_stay before update on shift_entries for each row execute function shift_entries_stay();

alter table retention drop constraint retention_kind_check;
alter table retention add constraint retention_kind_check check (kind in ('dismissed', 'alerts', 'charges', 'evidence', 'sightings', 'archive', 'letters', 'audit', 'shifts', 'notes'));
insert into retention (kind, days) values ('shifts', 365);

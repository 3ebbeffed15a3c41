-- How long each kind of record is kept, and what was removed when.
create table retention (
    kind       text primary key check (kind in ('evidence', 'sightings', 'archive', 'audit')),
    days       int not null check (days > 0 and (kind <> 'audit' or days >= 365)),
    changed_by text,
    changed_at timestamptz
);

insert into retention (kind, days) values ('evidence', 180), ('sightings', 730), ('archive', 2555), ('audit', 2555);

create table retention_runs (
    id       bigint generated always as identity primary key,
    kind     text not null,
    at       timestamptz not null,
    before   timestamptz not null,
    removed  bigint not null,
    kept     bigint not null,
    bytes    bigint not null,
    duration interval not null,
    error    text
);

create index retention_runs_newest on retention_runs (kind, id desc);

-- The audit begins after this line: everything up to it was removed when its time was over, and a line of the audit says so.
create table audit_start (
    single boolean primary key default true check (single),
    number bigint not null,
    hash   bytea not null
);

insert into audit_start (number, hash) values (0, '\x');

-- Retention may remove lines, from the beginning and never those of the last year.
create or replace function audit_is_append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' and current_setting('smartcity.audit_retention', true) = 'on' then
        return null;
    end if;
    raise exception 'the audit is append-only';
end
$$;

create function audit_keeps_a_year() returns trigger language plpgsql as $$
begin
    if old.at > now() - interval '365 days' then
        raise exception 'the audit keeps its lines for a year at least';
    end if;
    return old;
end
$$;

create trigger audit_keeps_a_year before delete on audit for each row execute function audit_keeps_a_year();

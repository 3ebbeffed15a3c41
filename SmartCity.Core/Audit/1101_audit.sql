-- Each line holds the hash of the one before it; the head says which is the last, so that a removed end shows too.
create table audit (
    number        bigint primary key,
    at            timestamptz not null,
    actor         text not null,
    action        text not null,
    subject       text,
    reason        text,
    details       text,
    previous_hash bytea not null,
    hash          bytea not null
);

create index audit_actor on audit (actor, number desc);
create index audit_action on audit (action, number desc);
create index audit_subject on audit (subject, number desc);

create table audit_head (
    single boolean primary key default true check (single),
    number bigint not null,
    hash   bytea not null
);

insert into audit_head (number, hash) values (0, '\x');

create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'the audit is append-only';
end
$$;

create trigger audit_is_append_only before update or delete or truncate on audit for each statement execute function audit_is_append_only();

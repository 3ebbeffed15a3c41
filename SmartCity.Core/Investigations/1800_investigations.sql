-- What people gather for one matter. It is kept as long as it says, whatever becomes of the records that it was copied from.
create table investigations (
    id         uuid primary key,
    title      text not null,
    purpose    text not null,
    reference  text,
    owner      text not null,
    state      text not null default 'open' check (state in ('open', 'closed')),
    opened_by  text not null,
    opened_at  timestamptz not null,
    closed_at  timestamptz,
    keep_until date not null,
    check ((state = 'closed') = (closed_at is not null))
);

create index investigations_opened on investigations (opened_at desc, id desc);
create index investigations_expired on investigations (keep_until) where state = 'closed';

-- record has the copy: what the item was when it was added, with what it rests on.
create table investigation_items (
    investigation_id uuid not null references investigations (id) on delete cascade,
    kind             text not null check (kind in ('sighting', 'alert', 'charge')),
    item_id          uuid not null,
    plate            text,
    what             text not null,
    at               timestamptz not null,
    picture          text,
    record           jsonb not null,
    added_by         text not null,
    added_at         timestamptz not null,
    note             text,
    primary key (investigation_id, kind, item_id)
);

create index investigation_items_plate on investigation_items (plate) where plate is not null;

create table investigation_notes (
    id               uuid primary key,
    investigation_id uuid not null references investigations (id) on delete cascade,
    at               timestamptz not null,
    by               text not null,
    text             text not null
);

create index investigation_notes_of on investigation_notes (investigation_id, at);

create table investigation_files (
    id               uuid primary key,
    investigation_id uuid not null references investigations (id) on delete cascade,
    name             text not null,
    bytes            bigint not null,
    sha256           text not null,
    added_by         text not null,
    added_at         timestamptz not null
);

create index investigation_files_of on investigation_files (investigation_id, added_at);

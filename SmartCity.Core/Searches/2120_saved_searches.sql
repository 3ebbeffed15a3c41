-- Searches that people saved in the console, without their reasons. One that is shared names no plate.
create table saved_searches (
    id       uuid primary key,
    page     text not null check (page in ('vehicles', 'alerts', 'charges')),
    name     text not null,
    query    text not null,
    plate    text,
    owner    text not null,
    shared   boolean not null default false,
    saved_at timestamptz not null,
    check (not shared or plate is null),
    unique (owner, page, name)
);

create index saved_searches_shared on saved_searches (page) where shared;

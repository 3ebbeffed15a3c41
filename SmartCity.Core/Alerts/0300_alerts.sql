create table hotlist_entries (
    id           uuid primary key,
    pattern      text not null check (pattern ~ '^[A-Z0-9?*]{1,12}$'),
    reason       text not null,
    priority     int not null check (priority between 1 and 5),
    requested_by text,
    valid_from   timestamptz not null default '-infinity',
    valid_to     timestamptz not null default 'infinity',
    created_at   timestamptz not null default now()
);

create index hotlist_pattern on hotlist_entries (pattern);
create index hotlist_created on hotlist_entries (created_at desc, id desc);

-- An alert is its own outbox: published_at is empty until topic alerts has it.
create table alerts (
    id              uuid primary key,
    entry_id        uuid not null,
    passage_id      uuid not null,
    sighting_id     uuid not null,
    plate           text not null,
    pattern         text not null,
    reason          text not null,
    priority        int not null,
    requested_by    text,
    station_id      text not null,
    camera_id       text,
    direction       text,
    captured_at     timestamptz not null,
    raised_at       timestamptz not null,
    evidence        text,
    trace_id        text,
    state           text not null default 'open' check (state in ('open', 'acknowledged')),
    acknowledged_at timestamptz,
    acknowledged_by text,
    note            text,
    published_at    timestamptz,
    unique (entry_id, passage_id)
);

create index alerts_raised on alerts (raised_at desc, id desc);
create index alerts_unpublished on alerts (raised_at) where published_at is null;

create index hotlist_wildcards on hotlist_entries (pattern) where pattern ~ '[?*]';

create table webhooks (
    id         uuid primary key,
    name       text not null,
    url        text not null,
    secret     text not null,
    enabled    boolean not null default true,
    created_at timestamptz not null
);

-- One for each webhook and alert, made in the transaction that raises the alert.
create table webhook_deliveries (
    id          uuid primary key default gen_random_uuid(),
    webhook_id  uuid not null references webhooks (id) on delete cascade,
    alert_id    uuid not null references alerts (id) on delete cascade,
    state       text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts    int not null default 0,
    first_at    timestamptz not null,
    next_at     timestamptz not null,
    finished_at timestamptz,
    unique (webhook_id, alert_id)
);

create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_at) where state = 'waiting';
create index webhook_deliveries_newest on webhook_deliveries (first_at desc, id desc);

create table webhook_attempts (
    delivery_id  uuid not null references webhook_deliveries (id) on delete cascade,
    at           timestamptz not null,
    status       int,
    error        text,
    milliseconds int not null
);

create index webhook_attempts_delivery on webhook_attempts (delivery_id, at);

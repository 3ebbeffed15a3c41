-- Who is told of alerts. The address is sealed; shown is what people may see of it.
create table notification_recipients (
    id         uuid primary key,
    name       text not null unique,
    kind       text not null check (kind in ('email', 'webhook', 'slack', 'teams')),
    address    text not null,
    shown      text not null,
    secret     text not null,
    enabled    boolean not null default true,
    created_at timestamptz not null
);

-- When a recipient is on a line, every week, by the city's clocks. A shift that does not end after it begins ends on the next day.
create table notification_shifts (
    id           uuid primary key,
    recipient_id uuid not null references notification_recipients (id) on delete cascade,
    line         int not null check (line in (1, 2)),
    days         int[] not null,
    begins       time not null,
    ends         time not null
);

-- Alerts that were raised before a rule was set are not told of.
create table notification_rules (
    priority     int primary key check (priority between 1 and 5),
    first        boolean not null,
    second_after interval,
    since        timestamptz not null
);

-- A line is told of an alert once; to whom is in the deliveries.
create table notification_told (
    alert_id uuid not null references alerts (id) on delete cascade,
    line     int not null,
    at       timestamptz not null,
    primary key (alert_id, line)
);

create table notification_deliveries (
    id           uuid primary key default gen_random_uuid(),
    alert_id     uuid not null references alerts (id) on delete cascade,
    recipient_id uuid not null references notification_recipients (id) on delete cascade,
    line         int not null,
    state        text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead', 'settled')),
    attempts     int not null default 0,
    first_at     timestamptz not null,
    next_at      timestamptz not null,
    finished_at  timestamptz,
    fault        text,
    unique (alert_id, recipient_id, line)
);

create index notification_deliveries_due on notification_deliveries (recipient_id, line, next_at) where state = 'waiting';
create index notification_deliveries_newest on notification_deliveries (first_at desc, id desc);
create index alert_actions_escalated on alert_actions (at) where action = 'escalated';

-- Reports that are sent by e-mail when a week or a month is over.
create table report_schedules (
    id         uuid primary key,
    name       text not null unique,
    report     text not null,
    every      text not null check (every in ('week', 'month')),
    recipients text[] not null,
    since      date not null,
    created_by text not null,
    created_at timestamptz not null
);

-- One for each period and recipient, so that nobody gets a period twice.
create table report_mailings (
    schedule_id uuid not null references report_schedules (id) on delete cascade,
    first_day   date not null,
    last_day    date not null,
    recipient   text not null,
    state       text not null default 'waiting' check (state in ('waiting', 'delivered', 'dead')),
    attempts    int not null default 0,
    queued_at   timestamptz not null,
    next_at     timestamptz not null,
    finished_at timestamptz,
    fault       text,
    primary key (schedule_id, first_day, recipient)
);

create index report_mailings_due on report_mailings (next_at) where state = 'waiting';

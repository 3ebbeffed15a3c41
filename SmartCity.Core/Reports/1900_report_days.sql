-- What a report counts on a charging day that is over, so that a year takes no longer than a week. Made from what is stored, and made again when a day is due.
create table report_days (
    report     text not null,
    day        date not null,
    rows       jsonb not null,
    counted_at timestamptz not null default now(),
    primary key (report, day)
);

-- Days of which something came or changed after they were counted: its archive row or ledger line has left the queue for the lake.
create table report_days_due (
    part text not null check (part in ('traffic', 'charges')),
    day  date not null,
    primary key (part, day)
);

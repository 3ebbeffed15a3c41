-- Readings that are sure by themselves, and that something else speaks against.
alter table review_cases drop constraint review_cases_kind_check;
alter table review_cases add constraint review_cases_kind_check check (kind in ('unread', 'doubtful', 'unregistered', 'near-match', 'unclassified', 'second-person', 'two-places', 'two-readings', 'watched'));

-- The reading that speaks against the case's own.
alter table review_cases
    add column other_id       uuid,
    add column other_at       timestamptz,
    add column other_station  text,
    add column other_plate    text,
    add column other_evidence text;

create table charge_days_in_doubt (
    plate text not null,
    day   date not null,
    primary key (plate, day)
);

create table watched_plates (
    plate      text not null,
    from_day   date not null,
    last_day   date not null,
    dispute_id uuid not null references charge_disputes (id),
    primary key (plate, dispute_id)
);

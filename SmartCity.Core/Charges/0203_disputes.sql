-- A reversal that waives: nothing is charged again for its vehicle, scheme and day, whatever is seen.
alter table charge_entries add column waives boolean not null default false;

-- Objections to a charge. One that is upheld takes the charge back.
create table charge_disputes (
    id         uuid primary key,
    charge_id  uuid not null references charge_entries (id),
    reason     text not null,
    state      text not null default 'open' check (state in ('open', 'upheld', 'rejected')),
    raised_by  text not null,
    raised_at  timestamptz not null,
    decided_by text,
    decided_at timestamptz,
    note       text,
    check ((state = 'open') = (decided_at is null))
);

create unique index charge_disputes_open on charge_disputes (charge_id) where state = 'open';
create index charge_disputes_charge on charge_disputes (charge_id);
create index charge_disputes_newest on charge_disputes (state, raised_at desc, id desc);

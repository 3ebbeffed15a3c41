-- What is about to be done. A line of the audit takes its place; what is left when a core ended in between becomes a line that says so.
create table audit_intents (
    id      uuid primary key,
    at      timestamptz not null,
    actor   text not null,
    action  text not null,
    subject text,
    reason  text
);

-- The ledger cannot be emptied either.
create trigger charge_entries_not_truncated before truncate on charge_entries
    for each statement execute function charge_entries_are_append_only();

-- Who has a case in front, so that two people do not decide on the same one.
alter table review_cases
    add column claimed_by    text,
    add column claimed_until timestamptz;

alter table review_cases drop constraint review_cases_state_check;
alter table review_cases add constraint review_cases_state_check check (state in ('open', 'proposed', 'confirmed', 'corrected', 'no-plate', 'skipped', 'settled'));
alter table review_cases drop constraint review_cases_kind_check;
alter table review_cases add constraint review_cases_kind_check check (kind in ('unread', 'doubtful', 'unregistered', 'near-match', 'unclassified', 'second-person'));

create index review_kind on review_cases (kind, captured_at desc, id desc) where state = 'open';
create index review_waiting on review_cases (captured_at desc, id desc) where state in ('proposed', 'skipped');

-- Decisions that would charge somebody, until a second person comes to the same.
create table review_proposals (
    sighting_id uuid not null,
    proposed_by text not null,
    decision    text not null check (decision in ('confirmed', 'corrected', 'no-plate')),
    plate       text,
    proposed_at timestamptz not null,
    primary key (sighting_id, proposed_by)
);

-- Whom reviewed_by agreed with.
alter table reviewed_reads add column proposed_by text;

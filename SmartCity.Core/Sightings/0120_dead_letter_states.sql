-- What a person did with a dead letter. Its bytes never change.
alter table dead_letters
    add column state   text not null default 'open' check (state in ('open', 'replaying', 'replayed', 'discarded')),
    add column replays int not null default 0,
    add column result  text,
    add column done_by text,
    add column done_at timestamptz;

create index dead_letters_state on dead_letters (state, recorded_at desc, id desc);

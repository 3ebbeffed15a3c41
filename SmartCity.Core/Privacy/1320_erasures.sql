-- Plates that somebody asked to be erased. The plate goes with the work; what was asked for, and what was done, stays.
create table erasures (
    id           uuid primary key,
    plate        text,
    reason       text not null,
    requested_by text not null,
    requested_at timestamptz not null,
    pictures     text[] not null default '{}', -- keys whose rows are erased and which are still to be deleted
    files        text[] not null default '{}', -- of the lake: old ones that must be gone before the erasure is done
    records      jsonb not null default '[]',
    fault        text,
    done_at      timestamptz,
    check ((plate is null) = (done_at is not null))
);

create index erasures_waiting on erasures (requested_at) where done_at is null;

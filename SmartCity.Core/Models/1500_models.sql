-- Versions of models: never changed, never removed. The manifest's bytes are what was signed.
create table model_versions (
    id              text primary key,
    kind            text not null check (kind in ('reader', 'detector', 'country', 'whole')),
    number          int not null,
    manifest        text not null,
    manifest_sha256 text not null unique,
    signature       text,
    file_sha256     text not null,
    created_at      timestamptz not null,
    created_by      text not null,
    unique (kind, number)
);

create function keep_model_version() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and old.signature is null and new.signature is not null and to_jsonb(old) - 'signature' = to_jsonb(new) - 'signature' then
        return new; -- signed later, with a key that there was not at first
    end if;
    raise exception 'A version of a model is never changed or removed: %', old.id;
end $$;

create trigger model_versions_keep before update or delete on model_versions for each row execute function keep_model_version();

-- Which version is the champion, the challenger, and the champion before.
create table model_aliases (
    kind       text not null,
    alias      text not null check (alias in ('champion', 'challenger', 'previous')),
    version_id text not null references model_versions,
    moved_at   timestamptz not null,
    moved_by   text not null,
    primary key (kind, alias)
);

-- What edges are told, signed and numbered by kind.
create table model_orders (
    kind       text not null,
    sequence   bigint not null,
    version_id text not null references model_versions,
    text       text not null,
    signature  text not null,
    at         timestamptz not null,
    primary key (kind, sequence)
);

create table model_rollouts (
    id            uuid primary key,
    kind          text not null,
    version_id    text not null references model_versions,
    before_id     text not null references model_versions,
    state         text not null check (state in ('running', 'paused', 'done', 'rolled-back')),
    ring          int not null,
    ring_since    timestamptz not null,
    sequence      bigint not null,
    back_sequence bigint not null,
    started_by    text not null,
    started_at    timestamptz not null,
    ended_at      timestamptz,
    reason        text
);

create unique index model_rollouts_open on model_rollouts (kind) where state in ('running', 'paused');

-- What the core itself measured.
create table model_judgements (
    id         uuid primary key,
    version_id text not null references model_versions,
    against_id text not null references model_versions,
    dataset    text,
    passed     boolean not null,
    report     jsonb not null,
    at         timestamptz not null
);

create index model_judgements_version on model_judgements (version_id, at desc);

-- What people have decided on readings, with the plate's picture, for training.
create table learning_items (
    sighting_id    uuid primary key,
    captured_at    timestamptz not null,
    station_id     text not null,
    camera_id      text not null,
    country        text,
    source         text not null check (source in ('review', 'audit-sample')),
    decision       text not null,
    read_plate     text,
    plate          text not null,
    confidence     double precision not null,
    reader_version text,
    decided_by     text,
    second_by      text,
    decided_at     timestamptz not null,
    patch_sha256   text not null,
    split          text not null check (split in ('train', 'validation', 'hold-out')),
    suspect        boolean not null,
    gathered_at    timestamptz not null
);

create index learning_items_plate on learning_items (plate);
create index learning_items_decided on learning_items (decided_at);

-- Reviews that are no items, and why: their picture is gone, or there was no plate.
create table learning_passed_over (
    sighting_id uuid primary key,
    reason      text not null,
    at          timestamptz not null
);

create table datasets (
    digest     text primary key,
    created_at timestamptz not null,
    created_by text not null,
    items      int not null,
    counts     jsonb not null,
    erased     int not null default 0
);

create table dataset_items (
    dataset     text not null references datasets,
    sighting_id uuid not null references learning_items on delete cascade,
    primary key (dataset, sighting_id)
);

create index dataset_items_item on dataset_items (sighting_id);

-- A dataset of which something was erased is no more what its digest says, and says so.
create function count_erased_item() returns trigger language plpgsql as $$
begin
    update datasets set erased = erased + 1 where digest = old.dataset;
    return old;
end $$;

create trigger dataset_items_erased after delete on dataset_items for each row execute function count_erased_item();

create table training_runs (
    id         uuid primary key,
    kind       text not null,
    dataset    text not null references datasets,
    parent_id  text not null references model_versions,
    settings   jsonb not null,
    state      text not null check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
    cancel     boolean not null default false,
    started_by text not null,
    created_at timestamptz not null,
    started_at timestamptz,
    ended_at   timestamptz,
    alive_at   timestamptz,
    machine    text,
    share      double precision not null default 0,
    detail     text,
    log        text not null default '',
    version_id text references model_versions
);

create index training_runs_open on training_runs (created_at) where state in ('waiting', 'running');

alter table review_cases drop constraint review_cases_kind_check;
alter table review_cases add constraint review_cases_kind_check check (kind in ('unread', 'doubtful', 'unregistered', 'near-match', 'unclassified', 'second-person', 'two-places', 'two-readings', 'watched', 'audit-sample'));

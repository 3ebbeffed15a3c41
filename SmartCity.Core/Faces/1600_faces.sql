-- Watch-lists. The key is sealed with the core's secret; whatever is sealed with the key is nothing without it.
create table face_lists (
    id         uuid primary key,
    name       text not null unique,
    purpose    text not null,
    descriptor text not null,
    key        text not null,
    created_by text not null,
    created_at timestamptz not null
);

-- Who is sought: name and reason are sealed too.
create table face_entries (
    id           uuid primary key,
    list_id      uuid not null references face_lists on delete cascade,
    about        bytea not null,
    category     text not null check (category in ('warrant', 'missing', 'danger')),
    minor        boolean not null,
    authority    text check (not minor or authority is not null),
    expires_at   timestamptz not null,
    proposed_by  text not null,
    proposed_at  timestamptz not null,
    confirmed_by text check (lower(confirmed_by) <> lower(proposed_by)),
    confirmed_at timestamptz,
    check ((confirmed_by is null) = (confirmed_at is null))
);

create index face_entries_list on face_entries (list_id);

create table face_pictures (
    entry_id uuid not null references face_entries on delete cascade,
    number   int not null check (number between 1 and 5),
    picture  bytea not null,
    template bytea not null,
    primary key (entry_id, number)
);

create table face_resemblances (
    entry_id uuid not null references face_entries on delete cascade,
    other_id uuid not null references face_entries on delete cascade,
    how      text not null check (how in ('same-picture', 'very-near', 'near')),
    primary key (entry_id, other_id)
);

create index face_resemblances_other on face_resemblances (other_id);

-- What two people sign. It is never changed or removed.
create table face_deployments (
    id             uuid primary key,
    purpose        text not null,
    legal_basis    text not null,
    authoriser     text not null,
    dpia           text not null,
    contact        text not null,
    place          text not null,
    list_id        uuid references face_lists on delete set null,
    list_name      text not null,
    from_at        timestamptz not null,
    until_at       timestamptz not null check (until_at > from_at and until_at - from_at <= interval '24 hours'),
    threshold      double precision not null,
    faces_an_hour  double precision not null,
    written_by     text not null,
    written_at     timestamptz not null,
    revoked_by     text,
    revoked_at     timestamptz,
    revoked_for    text,
    start_noted_at timestamptz,
    end_noted_at   timestamptz
);

create index face_deployments_from on face_deployments (from_at);

create function keep_face_deployment() returns trigger language plpgsql as $$
declare
    added text[] := array['list_id', 'revoked_by', 'revoked_at', 'revoked_for', 'start_noted_at', 'end_noted_at'];
begin
    if tg_op = 'UPDATE' and to_jsonb(old) - added = to_jsonb(new) - added and (new.list_id is null or new.list_id = old.list_id)
        and (old.revoked_at is null or (new.revoked_at, new.revoked_by, new.revoked_for) = (old.revoked_at, old.revoked_by, old.revoked_for)) then
        return new;
    end if;
    raise exception 'A deployment record is never changed or removed: %', old.id;
end $$;

create trigger face_deployments_keep before update or delete on face_deployments for each row execute function keep_face_deployment();

create table face_deployment_cameras (
    deployment_id uuid not null references face_deployments,
    station_id    text not null,
    camera_id     text not null,
    primary key (deployment_id, station_id, camera_id)
);

create index face_deployment_cameras_station on face_deployment_cameras (station_id);

create table face_signatures (
    deployment_id uuid not null references face_deployments,
    place         int not null check (place in (1, 2)),
    person        text not null,
    signed_at     timestamptz not null,
    primary key (deployment_id, place)
);

create unique index face_signatures_person on face_signatures (deployment_id, lower(person));

-- Which stations were given the templates, and when for the last time.
create table face_orders (
    deployment_id uuid not null references face_deployments,
    station_id    text not null,
    ordered_at    timestamptz not null,
    primary key (deployment_id, station_id)
);

-- What a process of an edge did under an order. Counts only rise.
create table face_runs (
    deployment_id uuid not null references face_deployments,
    station_id    text not null,
    run           uuid not null,
    faces         bigint not null,
    refused       jsonb not null,
    refused_sum   bigint not null,
    passes        bigint not null,
    comparisons   bigint not null,
    matches       bigint not null,
    lost          bigint not null,
    destroyed_at  timestamptz,
    confirmed_at  timestamptz,
    primary key (deployment_id, station_id, run)
);

-- Questions to reviewers. When one is destroyed, only the outcome and the id stay, so that a match that comes again finds its place taken.
create table face_matches (
    id            uuid primary key,
    deployment_id uuid not null references face_deployments,
    received_at   timestamptz not null,
    list_id       uuid,
    entry_id      uuid,
    station_id    text,
    camera_id     text,
    seen_at       timestamptz,
    looks         int,
    nearness      text check (nearness in ('very-near', 'near')),
    picture       bytea,
    first_by      text,
    first_says    text check (first_says in ('same', 'cannot-tell')),
    first_at      timestamptz,
    decided_by    text check (outcome <> 'true' or lower(decided_by) <> lower(first_by)),
    decided_at    timestamptz,
    outcome       text check (outcome in ('true', 'false', 'unresolved')),
    destroyed_at  timestamptz,
    check ((outcome is null) = (decided_at is null)),
    check (destroyed_at is null or (entry_id is null and picture is null and seen_at is null and nearness is null and station_id is null and camera_id is null and looks is null and first_says is null)),
    check (destroyed_at is not null or picture is not null)
);

create index face_matches_deployment on face_matches (deployment_id);
create index face_matches_kept on face_matches (received_at) where destroyed_at is null;

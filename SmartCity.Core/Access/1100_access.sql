create table users (
    id                     uuid primary key,
    user_name              text not null,
    normalized_user_name   text not null unique,
    email                  text,
    normalized_email       text,
    email_confirmed        boolean not null default false,
    password_hash          text,
    security_stamp         text,
    concurrency_stamp      text,
    phone_number           text,
    phone_number_confirmed boolean not null default false,
    two_factor_enabled     boolean not null default false,
    lockout_end            timestamptz,
    lockout_enabled        boolean not null default true,
    access_failed_count    int not null default 0,
    roles                  text[] not null default '{}',
    disabled               boolean not null default false,
    must_change_password   boolean not null default false,
    created_at             timestamptz not null,
    last_sign_in           timestamptz
);

create table user_claims (
    id          int generated always as identity primary key,
    user_id     uuid not null references users on delete cascade,
    claim_type  text,
    claim_value text
);

create table user_logins (
    login_provider        text not null,
    provider_key          text not null,
    provider_display_name text,
    user_id               uuid not null references users on delete cascade,
    primary key (login_provider, provider_key)
);

create table user_tokens (
    user_id        uuid not null references users on delete cascade,
    login_provider text not null,
    name           text not null,
    value          text,
    primary key (user_id, login_provider, name)
);

-- A session's token is known to its holder alone; here is its SHA-256.
create table sessions (
    token_hash   bytea primary key,
    user_id      uuid not null references users on delete cascade,
    created_at   timestamptz not null,
    expires_at   timestamptz not null,
    last_seen_at timestamptz not null
);

create index sessions_user on sessions (user_id);

create table api_keys (
    id           uuid primary key,
    name         text not null,
    prefix       text not null,
    token_hash   bytea not null unique,
    scopes       text[] not null,
    created_by   text not null,
    created_at   timestamptz not null,
    expires_at   timestamptz,
    last_used_at timestamptz,
    revoked_at   timestamptz
);

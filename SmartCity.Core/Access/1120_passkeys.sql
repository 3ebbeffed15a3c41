-- Passkeys of users, as ASP.NET Core Identity keeps them: the public key, the counter and the name are in data.
create table user_passkeys (
    credential_id bytea primary key,
    user_id       uuid not null references users on delete cascade,
    data          jsonb not null
);

create index user_passkeys_user on user_passkeys (user_id);

-- What a browser was asked to sign. Each question can be answered once, within minutes.
create table passkey_questions (
    id         uuid primary key,
    user_id    uuid references users on delete cascade,
    state      text not null,
    expires_at timestamptz not null
);

create index passkey_questions_expires on passkey_questions (expires_at);

-- Whether a session was opened with two factors: a passkey that asked for a finger or a PIN is both.
alter table sessions add column two_factors boolean not null default false;

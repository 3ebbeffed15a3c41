-- Wrong passwords and codes, by who was meant and whence: a stranger who guesses locks out strangers, not the user.
create table sign_in_failures (
    name         text not null,
    address      text not null,
    count        int not null,
    first_at     timestamptz not null,
    locked_until timestamptz,
    primary key (name, address)
);

create index sign_in_failures_first on sign_in_failures (first_at);

-- Whence a user has signed in before; they may do so still while others guess.
create table sign_in_addresses (
    user_id uuid not null references users on delete cascade,
    address text not null,
    last_at timestamptz not null,
    primary key (user_id, address)
);

-- Codes of a user's phone (RFC 6238). The secret is sealed; of the recovery codes only SHA-256 is kept. A step counts once.
create table second_factors (
    user_id      uuid primary key references users on delete cascade,
    secret       text not null,
    created_at   timestamptz not null,
    confirmed_at timestamptz,
    last_step    bigint not null default 0,
    recovery     bytea[] not null default '{}'
);

-- Statements that people saved in the console. Users are never deleted, so an owner is a name that stays.
create table sql_queries (
    id         uuid primary key,
    name       text not null,
    sql        text not null,
    owner      text not null,
    shared     boolean not null default false,
    changed_at timestamptz not null,
    unique (owner, name)
);

create index sql_queries_shared on sql_queries (name) where shared;

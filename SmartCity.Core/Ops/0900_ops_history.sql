-- Ingest by the minute, one row for each core that ran. A minute without a row is one in which none did.
create table ops_minutes (
    minute       timestamptz not null,
    core         uuid not null,
    stored       bigint not null,
    lag          bigint not null,
    p50          double precision,
    p99          double precision,
    dead_letters bigint not null,
    cpu_percent  double precision not null,
    primary key (minute, core)
);

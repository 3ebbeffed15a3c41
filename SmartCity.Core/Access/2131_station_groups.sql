-- Stations that a user or a key may be limited to. Nobody in no group is limited; somebody whose groups have no station sees none.
create table station_groups (
    name     text primary key,
    stations text[] not null
);

alter table users add column groups text[] not null default '{}';
alter table api_keys add column groups text[] not null default '{}';

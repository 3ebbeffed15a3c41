-- Which list an entry came from, and who put it there; requested_by is who asked for it.
alter table hotlist_entries
    add column list     text,
    add column added_by text;

create index hotlist_until on hotlist_entries (valid_to) where valid_to < 'infinity';

-- Edges hold the entries of the highest priorities: few among many.
create index hotlist_priority on hotlist_entries (priority);

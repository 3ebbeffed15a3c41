-- The list of its entry is the alert's own: entries come and go.
alter table alerts add column list text;
update alerts a set list = e.list from hotlist_entries e where e.id = a.entry_id and e.list is not null;
create index alerts_list on alerts (list) where list is not null;

-- What a receiver wants to hear of; without lists, of every entry.
alter table webhooks add column lowest_priority int not null default 5 check (lowest_priority between 1 and 5);
alter table webhooks add column lists text[];

-- What functions never took goes when its time is over, as everything else does.
alter table retention drop constraint retention_kind_check;
alter table retention add constraint retention_kind_check check (kind in ('dismissed', 'alerts', 'charges', 'evidence', 'sightings', 'archive', 'letters', 'audit'));
insert into retention (kind, days) values ('letters', 30);

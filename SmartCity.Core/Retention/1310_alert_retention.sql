-- Alerts go too, dismissed ones first, and the pictures of charges that nobody can challenge any more.
alter table retention drop constraint retention_kind_check, drop constraint retention_check;
alter table retention
    add constraint retention_kind_check check (kind in ('dismissed', 'alerts', 'charges', 'evidence', 'sightings', 'archive', 'audit')),
    add constraint retention_check check (days > 0 and (kind <> 'audit' or days >= 365));
insert into retention (kind, days) values ('dismissed', 30), ('alerts', 365), ('charges', 30);

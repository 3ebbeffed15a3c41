-- A later revision waits beside the one before, which may be on its way into an object.
alter table archive_queue add column revision int not null default 0;
alter table archive_queue drop constraint archive_queue_pkey, add constraint archive_queue_pkey primary key (sighting_id, revision);

-- The key begins with the time by which rows are taken, so that one index does what two did. No statement needs the other to be right.
alter table archive_queue drop constraint archive_queue_pkey, add constraint archive_queue_pkey primary key (captured_at, sighting_id, revision, corrected);
drop index archive_queue_waiting;

-- Which revision of its sighting a dead letter is: an edge sends a later one all the same.
alter table dead_letters add column sighting_revision int not null default 0;

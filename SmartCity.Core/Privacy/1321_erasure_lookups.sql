-- An erasure keeps batches of its plate waiting while it looks for what is to be erased, so nothing of that goes through a whole table.
create index reviewed_reads_read on reviewed_reads (read_plate) where read_plate is not null;
create index reviewed_reads_plate on reviewed_reads (plate) where plate is not null;
create index review_cases_other on review_cases (other_id) where other_id is not null;
create index sightings_read on sightings (read_plate) where read_plate is not null;

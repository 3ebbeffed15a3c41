-- Revisions of the sightings of a batch, in their order; null when all are first ones (0), as nearly always, and for what an object left of a batch. Whoever is told of a batch need not look its sightings up.
alter table archive_batches add revisions int[];

-- Whether the clock of the time of capture was synchronised; null when the edge does not know, or says nothing of it.
alter table sightings add column clock_synchronised boolean;

-- What retention asks of every row that is over: who needs it. And the order in which it goes through them.
create index alerts_sighting on alerts (sighting_id);
create index alerts_passage on alerts (passage_id);
create index passages_last on passages (last_at, id);
create index review_cases_captured on review_cases (captured_at, id);
create index reviewed_reads_captured on reviewed_reads (captured_at, id);

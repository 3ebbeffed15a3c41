-- What each proposal comes to, such as "ulez -12.50 GBP": a second person agrees to that and to nothing else. An empty proposed_by is the core itself.
alter table rederive_proposals add column lines text[];

-- An edge's key may be for some stations alone; null for all.
alter table api_keys add column stations text[];

-- What movement in a camera's picture means on the road; null where nobody has said.
alter table cameras add column motion jsonb;

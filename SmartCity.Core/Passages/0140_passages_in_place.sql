-- A passage that grows is changed where it lies: hardly an index has what changes, and its page has room. Neighbours are found by plate and beginning, for which there is an
-- index already. No statement needs this one to be right: a core of the release before that is still there finds them by the same index, and somewhat slower.
drop index passages_neighbours;
alter table passages set (fillfactor = 85);

-- Reversals are few: the generation of a charge is how many its vehicle, scheme and day have had.
create index charge_entries_reversals on charge_entries (plate, scheme, day) where kind = 'reversal';

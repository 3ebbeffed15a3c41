create index charge_entries_reverses on charge_entries (reverses) where reverses is not null;

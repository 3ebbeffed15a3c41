-- Files of the lake that no snapshot has any more and that are still to be deleted. They are noted in the transaction that let the last snapshot with them go.
create table lake_leaving (location text primary key);

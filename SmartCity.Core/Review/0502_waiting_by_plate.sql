-- A vehicle that the registry learns of settles every case that waits, whether somebody has proposed something or put it off.
drop index review_cases_plate;
create index review_cases_plate on review_cases (plate) where state in ('open', 'proposed', 'skipped') and plate is not null;

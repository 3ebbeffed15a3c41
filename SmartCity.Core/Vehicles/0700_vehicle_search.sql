-- Every plate that has passed, once: what a pattern is held against. A plate whose passages are gone finds nothing, and goes when retention runs.
create table seen_plates (plate text primary key);

insert into seen_plates select distinct plate from passages;

create index seen_plates_prefix on seen_plates (plate text_pattern_ops);
create index seen_plates_suffix on seen_plates (reverse(plate) text_pattern_ops);

create index passages_plate on passages (plate, first_at desc, id desc);
create index passages_station on passages (station_id, first_at desc, id desc);
create index vehicles_kind on vehicles (lower(make), lower(colour), class);

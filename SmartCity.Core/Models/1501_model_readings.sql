-- What both versions of a judgement read of the hold-out's plates. Erasing a vehicle takes its lines away.
create table model_readings (
    judgement_id      uuid not null references model_judgements on delete cascade,
    sighting_id       uuid not null references learning_items on delete cascade,
    before_text       text not null,
    before_confidence double precision not null,
    before_right      boolean not null,
    after_text        text not null,
    after_confidence  double precision not null,
    after_right       boolean not null,
    primary key (judgement_id, sighting_id)
);

create index model_readings_item on model_readings (sighting_id);

-- The database says which stations and cameras there are; from_file is what the city file said when it was last taken over.
alter table stations
    add column retired_at timestamptz,
    add column from_file  text;

-- A camera on trial is shown and makes no sightings; when nobody adds it, it is forgotten.
alter table cameras
    add column source      text,
    add column masks       jsonb not null default '[]',
    add column state       text not null default 'active' check (state in ('active', 'trial', 'retired')),
    add column trial_until timestamptz check ((state = 'trial') = (trial_until is not null)),
    add column from_file   text;

-- How plates are looked for in a camera's pictures, where it is not as the edge's settings have it.
alter table cameras
    add column recognition jsonb not null default '{}';

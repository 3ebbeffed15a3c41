-- Cameras that somebody watches now: their edges send pictures more often. Nothing is lost with it.
create unlogged table watched_cameras (
    camera_id     text primary key,
    watched_until timestamptz not null
);

-- A record that claimed to be another station's: whoever sent it holds that station's credentials, not this one's.
alter table dead_letters add column forged boolean not null default false;
create index dead_letters_forged on dead_letters (recorded_at desc) where forged;

-- SHA-256 of the pictures as the edge took them; null where it did not say.
alter table sightings
    add column evidence_sha256 bytea,
    add column patch_sha256    bytea;

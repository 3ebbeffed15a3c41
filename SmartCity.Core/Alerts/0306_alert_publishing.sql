-- Who sends an alert to its topic takes it until publish_at, so that no other core sends it too; then it is due again. One that no broker takes as it is
-- has the reason in publish_error and waits for a person.
alter table alerts
    add column publish_at    timestamptz not null default '-infinity',
    add column publish_error text;

drop index alerts_unpublished;
create index alerts_to_publish on alerts (publish_at, raised_at) where published_at is null and publish_error is null;
create index alerts_not_published on alerts (raised_at) where publish_error is not null;

-- Two passages may turn out to be one. Of their alerts for the same entry one stands for both.
alter table alerts add column joined_into uuid references alerts (id) on delete set null;
alter table alerts drop constraint alerts_entry_id_passage_id_key;
create unique index alerts_entry_passage on alerts (entry_id, passage_id) where joined_into is null;
create index alerts_joined on alerts (joined_into) where joined_into is not null;

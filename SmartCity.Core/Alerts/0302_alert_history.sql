alter table alerts drop constraint alerts_state_check;
alter table alerts add constraint alerts_state_check check (state in ('open', 'acknowledged', 'dismissed', 'escalated'));

-- What people did with an alert, in order.
create table alert_actions (
    id       bigint generated always as identity primary key,
    alert_id uuid not null references alerts (id) on delete cascade,
    at       timestamptz not null,
    by       text not null,
    action   text not null check (action in ('acknowledged', 'dismissed', 'escalated', 'reopened')),
    note     text
);

create index alert_actions_alert on alert_actions (alert_id, id);

insert into alert_actions (alert_id, at, by, action, note)
select id, acknowledged_at, coalesce(acknowledged_by, '?'), 'acknowledged', note from alerts where acknowledged_at is not null;

create index alerts_plate on alerts (plate, raised_at desc);
create index alerts_state on alerts (state, raised_at desc, id desc);
create index webhook_deliveries_alert on webhook_deliveries (alert_id);

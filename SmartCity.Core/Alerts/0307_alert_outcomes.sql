-- A hit that was dealt with is resolved, with what became of it; dismissed is for what was raised in error.
alter table alerts drop constraint alerts_state_check;
alter table alerts add constraint alerts_state_check check (state in ('open', 'acknowledged', 'dismissed', 'escalated', 'resolved'));
alter table alerts add column outcome text check (outcome in ('true', 'false', 'passed-on'));

alter table alert_actions drop constraint alert_actions_action_check;
alter table alert_actions add constraint alert_actions_action_check check (action in ('acknowledged', 'dismissed', 'escalated', 'reopened', 'resolved'));
alter table alert_actions add column outcome text;

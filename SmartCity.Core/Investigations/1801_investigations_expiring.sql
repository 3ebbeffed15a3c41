-- What is being removed is refused to everybody, so nobody opens it again or adds to it while its objects go.
alter table investigations drop constraint investigations_state_check;
alter table investigations add constraint investigations_state_check check (state in ('open', 'closed', 'expiring'));
alter table investigations drop constraint investigations_check;
alter table investigations add constraint investigations_check check ((state <> 'open') = (closed_at is not null));
create index investigations_expiring on investigations (keep_until) where state = 'expiring';

-- The only way in which lines leave the audit, for a role that may not delete: from its beginning, none of the last year, and after a line that announces it.
create function audit_forgets(through bigint, last_hash bytea) returns bigint language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    removed bigint;
begin
    if not exists (select from public.audit a where a.number = through and a.hash = last_hash)
        or not exists (select from public.audit a where a.number > through and a.action = 'audit.retention' and a.details::jsonb ->> 'through' = through::text) then
        raise exception 'no line of the audit announces that it forgets the lines up to %', through;
    end if;
    perform set_config('smartcity.audit_retention', 'on', true);
    delete from public.audit where number <= through;
    get diagnostics removed = row_count;
    update public.audit_start set number = through, hash = last_hash;
    perform set_config('smartcity.audit_retention', '', true);
    return removed;
end $$;

revoke all on function audit_forgets(bigint, bytea) from public;

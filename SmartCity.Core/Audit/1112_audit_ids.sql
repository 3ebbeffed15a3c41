-- Which lines name a sighting, an alert, a charge or an investigation is asked for each evidence package.
create function ids_in(text text) returns text[] language sql immutable parallel safe as $$
    select coalesce(array_agg(lower(found[1])), '{}') from regexp_matches(text, '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}', 'g') as found
$$;

create index audit_ids on audit using gin (ids_in(subject));

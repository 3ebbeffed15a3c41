-- How often plates were taken out of seen_plates: cores remember which ones are in it.
create sequence seen_plates_removals;

-- The first value is there before anybody takes it.
select nextval('seen_plates_removals');

create function seen_plates_removed() returns trigger language plpgsql as $$
begin
    perform nextval('seen_plates_removals');
    return null;
end $$;

create trigger seen_plates_removed before delete or truncate on seen_plates for each statement execute function seen_plates_removed();

-- The tax classes that the Congestion Charge exempts. All rows there are fulfil it, so none is looked at again.
alter table vehicles drop constraint vehicles_tax_class_check,
    add constraint vehicles_tax_class_check check (tax_class in ('historic', 'disabled', 'military', 'agricultural', 'ambulance', 'fire-engine', 'nhs', 'bus', 'recovery')) not valid;

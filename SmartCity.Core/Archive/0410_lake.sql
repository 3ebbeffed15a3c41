-- The archive is a table of a lake: Iceberg's JDBC catalogue (schema V1) says which metadata file is which table. Engines read these two tables too.
create table if not exists iceberg_tables (
    catalog_name               varchar(255) not null,
    table_namespace            varchar(255) not null,
    table_name                 varchar(255) not null,
    metadata_location          varchar(1000),
    previous_metadata_location varchar(1000),
    iceberg_type               varchar(5),
    primary key (catalog_name, table_namespace, table_name)
);

create table if not exists iceberg_namespace_properties (
    catalog_name   varchar(255) not null,
    namespace      varchar(255) not null,
    property_key   varchar(255) not null,
    property_value varchar(1000),
    primary key (catalog_name, namespace, property_key)
);

-- Objects have all stations of a day: what waits is taken a day at a time.
drop index archive_queue_waiting;
create index archive_queue_waiting on archive_queue (captured_at);

-- archive_objects is what was archived before there was a lake, until the lake has taken it over. A core of release 0.1.0 may still add to it.

-- What a person corrects is archived again: its line stands beside those of the camera, which may be on their way into an object. Unix seconds; 0 for the camera's.
alter table archive_queue add column corrected int not null default 0;
alter table archive_queue drop constraint archive_queue_pkey, add constraint archive_queue_pkey primary key (sighting_id, revision, corrected);

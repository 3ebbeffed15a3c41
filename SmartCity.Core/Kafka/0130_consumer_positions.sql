-- How far a consumer group has come in each partition, written in the transaction that holds the work: a database that fails over or is restored from a
-- backup says itself where to go on. The group's offsets in Kafka are for tools that show how many records wait.
create table consumer_positions (
    consumer_group text not null,
    topic          text not null,
    partition      int not null,
    next_offset    bigint not null,
    leader_epoch   int,
    primary key (consumer_group, topic, partition)
) with (fillfactor = 50);

using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Microsoft.Extensions.Configuration;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Kafka;

namespace SmartCity.Core.Kafka;

/// <summary>
/// Where consumers that write to Postgres go on: rows of <c>consumer_positions</c>, written in the transaction of the work itself. Of the offsets that Kafka
/// has of the group only this counts, that there are some: a Kafka that has none has been set up anew, and its records are others.
/// </summary>
internal sealed class ConsumerPositions(NpgsqlDataSource dataSource, IConfiguration configuration)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>Where a group begins with partitions that it was given.</summary>
    /// <exception cref="NpgsqlException">Postgres does not answer.</exception>
    /// <exception cref="KafkaException">Kafka does not answer.</exception>
    public async Task<IReadOnlyList<TopicPartitionOffset>> FindAsync(string group, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select topic, partition, next_offset, leader_epoch from consumer_positions where consumer_group = $1 and topic = any($2)");
        command.Parameters.Add(new() { Value = group });
        command.Parameters.Add(new() { Value = partitions.Select(p => p.Topic).Distinct().ToArray() });
        var rows = await command.ReadAllAsync(
            r => new ConsumerPosition(group, new TopicPartition(r.GetString(0), r.GetInt32(1)), r.GetInt64(2), r.IsDBNull(3) ? null : r.GetInt32(3)), cancellationToken);
        var stored = rows.ToDictionary(p => p.Partition);
        if (await IsFirstStartAsync(group, cancellationToken))
        {
            return [.. partitions.Select(p => new TopicPartitionOffset(p, Offset.Unset))];
        }

        var known = await KnownAsync(group, partitions, cancellationToken);
        return
        [
            .. partitions.Select(p => stored.TryGetValue(p, out var position) && known.Contains(p)
                ? new TopicPartitionOffset(p, new Offset(position.Next), position.LeaderEpoch)
                : new TopicPartitionOffset(p, Offset.Beginning)),
        ];
    }

    /// <summary>Where a group goes on after a batch.</summary>
    public static IReadOnlyList<ConsumerPosition> After(string group, IEnumerable<ConsumeResult<byte[]?, byte[]?>> batch) =>
    [
        .. batch.GroupBy(r => r.TopicPartition)
            .Select(g => g.MaxBy(r => r.Offset.Value)!)
            .Select(last => new ConsumerPosition(group, last.TopicPartition, last.Offset.Value + 1, last.LeaderEpoch))
            .OrderBy(p => p.Partition.Topic, StringComparer.Ordinal).ThenBy(p => p.Partition.Partition.Value),
    ];

    /// <summary>Stores positions in the transaction of the work. A member that has lost a partition may set it back, and records are then read again: never is one left out.</summary>
    public static async Task KeepAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ConsumerPosition> positions, CancellationToken cancellationToken)
    {
        if (positions.Count == 0)
        {
            return;
        }

        await using var command = new NpgsqlCommand(
            """
            insert into consumer_positions (consumer_group, topic, partition, next_offset, leader_epoch)
            select * from unnest($1, $2, $3, $4, $5)
            on conflict (consumer_group, topic, partition) do update set next_offset = excluded.next_offset, leader_epoch = excluded.leader_epoch
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = positions.Select(p => p.Group).ToArray() },
                new() { Value = positions.Select(p => p.Partition.Topic).ToArray() },
                new() { Value = positions.Select(p => p.Partition.Partition.Value).ToArray() },
                new() { Value = positions.Select(p => p.Next).ToArray() },
                new() { Value = positions.Select(p => p.LeaderEpoch).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Integer },
            },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    // Those of which Kafka has an offset of the group.
    private async Task<HashSet<TopicPartition>> KnownAsync(string group, IReadOnlyList<TopicPartition> partitions, CancellationToken cancellationToken)
    {
        using var admin = new AdminClientBuilder(KafkaConnection.Core(configuration).Admin("smartcity-core-positions")).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var answer = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, [.. partitions])], new ListConsumerGroupOffsetsOptions { RequestTimeout = Patience })
            .WaitAsync(2 * Patience, cancellationToken);
        return [.. answer.SelectMany(g => g.Partitions).Where(p => p.Error.IsError ? throw new KafkaException(p.Error) : !p.Offset.IsSpecial).Select(p => p.TopicPartition)];
    }

    // The database was filled by a core that kept its positions in Kafka alone.
    private async Task<bool> IsFirstStartAsync(string group, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select exists (select from station_totals) and not exists (select from consumer_positions where consumer_group = $1)");
        command.Parameters.Add(new() { Value = group });
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

/// <summary>Where a consumer group goes on in a partition.</summary>
/// <param name="Next">Offset of the next record that is not worked off.</param>
/// <param name="LeaderEpoch">Of the record before it: by this Kafka tells a log that was cut off meanwhile. Null where Kafka does not say.</param>
public sealed record ConsumerPosition(string Group, TopicPartition Partition, long Next, int? LeaderEpoch);

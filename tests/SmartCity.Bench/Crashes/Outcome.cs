using Confluent.Kafka;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Core.Lake;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Bench.Crashes;

/// <summary>What a core has made of its sightings.</summary>
/// <param name="Charges">Each entry of the ledger as text, without its id and the time of recording.</param>
/// <param name="Alerts">Entry, vehicle and station with the number of alerts, as text: which of a passage's sightings an alert shows is what was known when it was raised.</param>
internal sealed record Outcome(HashSet<Guid> Stored, List<Guid> Archived, decimal Sum, HashSet<string> Charges, HashSet<string> Alerts, long AlertsRaised, long Passages)
{
    public static async Task<Outcome> ReadAsync(NpgsqlDataSource data, string objects, CancellationToken cancellationToken) => new(
        [.. await ColumnAsync<Guid>(data, "select id from sightings", cancellationToken)],
        await ArchivedAsync(data, objects, cancellationToken),
        (await ColumnAsync<decimal>(data, "select coalesce(sum(amount), 0) from charge_entries", cancellationToken))[0],
        [.. await ColumnAsync<string>(data, "select concat_ws(' ', kind, plate, scheme, day, generation, amount, rule) from charge_entries", cancellationToken)],
        [.. await ColumnAsync<string>(data, "select concat_ws(' ', pattern, plate, reason, station_id, count(*)) from alerts group by pattern, plate, reason, station_id", cancellationToken)],
        (await ColumnAsync<long>(data, "select count(*) from alerts", cancellationToken))[0],
        (await ColumnAsync<long>(data, "select count(*) from passages", cancellationToken))[0]);

    public static async Task<List<T>> ColumnAsync<T>(NpgsqlDataSource data, string sql, CancellationToken cancellationToken)
    {
        await using var command = data.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var values = new List<T>();
        while (await reader.ReadAsync(cancellationToken))
        {
            values.Add(reader.GetFieldValue<T>(0));
        }

        return values;
    }

    /// <summary>How many records a topic has.</summary>
    public static int Records(string bootstrapServers, string topic)
    {
        using var consumer = new ConsumerBuilder<Ignore, Ignore>(new ConsumerConfig { BootstrapServers = bootstrapServers, GroupId = "bench-crashes" }).Build();
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrapServers }).Build();
        return (int)admin.GetMetadata(topic, TimeSpan.FromSeconds(30)).Topics[0].Partitions
            .Select(p => consumer.QueryWatermarkOffsets(new TopicPartition(topic, p.PartitionId), TimeSpan.FromSeconds(30)))
            .Sum(w => w.High.Value - w.Low.Value);
    }

    // From the files themselves: what the lake's metadata counts is not what is looked for.
    private static async Task<List<Guid>> ArchivedAsync(NpgsqlDataSource data, string objects, CancellationToken cancellationToken)
    {
        var lake = new CityLake(data, ObjectStoreConnection.Parse(objects).Open(), TimeProvider.System);
        await using var connection = await data.OpenConnectionAsync(cancellationToken);
        var ids = new List<Guid>();
        if (await lake.Sightings.LoadAsync(connection, null, cancellationToken) is not { } state)
        {
            return ids;
        }

        foreach (var file in await lake.Sightings.LiveAsync(state, DateOnly.MinValue, DateOnly.MaxValue, cancellationToken))
        {
            using var copy = new TemporaryFile();
            await lake.Files.DownloadAsync(file.File.Location, copy.Path, cancellationToken);
            using var parquet = new LakeParquetReader(lake.Sightings.Definition, copy.Path, new Dictionary<int, string>());
            for (var group = 0; group < parquet.Groups; group++)
            {
                var batch = parquet.Read(group);
                var column = batch.Values[lake.Sightings.Definition.IndexOf("id")];
                ids.AddRange(Enumerable.Range(0, batch.Rows).Select(row => Guid.Parse(column.Text(row)!)));
            }
        }

        return ids;
    }
}

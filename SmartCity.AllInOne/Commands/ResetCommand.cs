using System.CommandLine;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Kafka;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity reset --yes</c>: deletes everything that was gathered behind the connection strings given, for a demonstration that begins anew.</summary>
internal static class ResetCommand
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
    private static readonly Option<bool> Yes = new("--yes") { Description = "Without it nothing is deleted." };

    public static Command Create()
    {
        var command = new Command("reset", "Deletes all sightings, charges, alerts, pictures and the archive: the tables of ConnectionStrings__postgres, the records of ConnectionStrings__core-kafka and edge-kafka…, the objects of ConnectionStrings__objects. Stop the services first.") { Yes };
        command.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(logger => RunAsync(parse.GetValue(Yes), logger, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(bool yes, ILogger logger, CancellationToken cancellationToken)
    {
        var configuration = AllInOneHost.UserConfiguration();
        var connections = configuration.GetSection("ConnectionStrings").GetChildren().Where(c => c.Value is { Length: > 0 }).ToDictionary(c => c.Key, c => c.Value!, StringComparer.OrdinalIgnoreCase);
        if (connections.Count == 0)
        {
            throw new InvalidOperationException("No connection string is given, so there is nothing to reset. What './smartcity run' gathered is in its data folder, .smartcity unless --data named another: delete that folder.");
        }

        if (!yes)
        {
            throw new InvalidOperationException($"This would delete everything behind {string.Join(", ", connections.Keys)}. Say --yes if that is meant.");
        }

        if ((connections.GetValueOrDefault(PostgresConnection.OwnerName) ?? connections.GetValueOrDefault("postgres")) is { } postgres)
        {
            await EmptyPostgresAsync(postgres, logger, cancellationToken);
        }

        foreach (var (name, kafka) in connections.Where(c => c.Key == "core-kafka" || c.Key.StartsWith("edge-kafka", StringComparison.OrdinalIgnoreCase)))
        {
            await EmptyKafkaAsync(name, KafkaConnection.Parse(kafka), logger);
        }

        if (connections.TryGetValue("objects", out var objects))
        {
            await EmptyObjectsAsync(objects, logger, cancellationToken);
        }

        return 0;
    }

    private static async Task EmptyPostgresAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        try
        {
            await using var source = NpgsqlDataSource.Create(connectionString);
            await using var command = source.CreateCommand("drop schema public cascade; drop schema if exists city, city_lake cascade; create schema public;");
            await command.ExecuteNonQueryAsync(cancellationToken);
            logger.LogInformation("The tables of Postgres are deleted; the core makes them again when it starts.");
        }
        catch (NpgsqlException e)
        {
            throw new InvalidOperationException($"The tables of Postgres could not be deleted: {e.Message}", e);
        }
    }

    private static async Task EmptyKafkaAsync(string name, KafkaConnection connection, ILogger logger)
    {
        using var admin = new AdminClientBuilder(connection.Admin("smartcity-reset")).SetLogHandler((_, _) => { }).SetErrorHandler((_, _) => { }).Build();
        var ends = admin.GetMetadata(Patience).Topics
            .Where(t => IsOurs(t.Topic))
            .SelectMany(t => t.Partitions.Select(p => new TopicPartitionOffset(t.Topic, p.PartitionId, Offset.End)))
            .ToList();
        try
        {
            await admin.DeleteRecordsAsync(ends);
            logger.LogInformation("{Name}: the records of {Count} partitions are deleted.", name, ends.Count);
        }
        catch (DeleteRecordsException e) when (e.Results.All(r => r.Error.Code == ErrorCode.Local_UnsupportedFeature))
        {
            logger.LogInformation("{Name}: this broker runs in a process and forgets its records when it is started again.", name);
        }
    }

    // Not Kafka's own topics, and not MirrorMaker's, which hold how far it has come.
    private static bool IsOurs(string topic) =>
        ((string[])[Topics.Sightings, Topics.StationHeartbeats]).Any(t => topic == t || topic.EndsWith("." + t, StringComparison.Ordinal))
        || topic is Topics.Alerts or Topics.DeadLetters or Topics.Events;

    private static async Task EmptyObjectsAsync(string connectionString, ILogger logger, CancellationToken cancellationToken)
    {
        var connection = ObjectStoreConnection.Parse(connectionString);
        var store = connection.Open();
        var count = 0;
        await foreach (var entry in store.ListAsync("", cancellationToken))
        {
            await store.DeleteAsync(entry.Key, cancellationToken);
            count++;
        }

        (store as IDisposable)?.Dispose();
        logger.LogInformation("{Count} objects are deleted from {Store}.", count, connection);
    }
}

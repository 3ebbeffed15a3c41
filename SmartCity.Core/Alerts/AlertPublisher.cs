using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Alerts;

/// <summary>Sends stored alerts to topic <c>alerts</c> and marks them; a crash between the two sends one again.</summary>
internal sealed class AlertPublisher(NpgsqlDataSource dataSource, DatabaseStartup database, CoreProducer producer, WorkerHealth health, TimeProvider time, ILogger<AlertPublisher> logger) : BackgroundService
{
    private const string Worker = "alert publisher";
    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "waiting for the database");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SendAsync(stoppingToken);
                health.Healthy(Worker);
            }
            catch (Exception e) when (e is NpgsqlException or KafkaException)
            {
                health.Degraded(Worker, $"Alerts wait to be sent to Kafka: {e.Message}");
                logger.LogWarning("Alerts wait to be sent to {Topic}: {Error}", Topics.Alerts, e.Message);
            }
        }
    }

    private async Task SendAsync(CancellationToken cancellationToken)
    {
        await using var waiting = dataSource.CreateCommand(AlertSlice.Select("published_at is null order by raised_at limit 100"));
        foreach (var alert in await waiting.ReadAllAsync(AlertSlice.Read, cancellationToken))
        {
            await producer.ProduceAsync(Topics.Alerts, Message(alert), cancellationToken);
            await using var mark = dataSource.CreateCommand("update alerts set published_at = $2 where id = $1");
            mark.Parameters.Add(new() { Value = alert.Id });
            mark.Parameters.Add(new() { Value = time.GetUtcNow() });
            await mark.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    private static Message<byte[]?, byte[]?> Message(AlertView alert) => new()
    {
        Key = Encoding.UTF8.GetBytes(alert.Plate),
        Value = JsonSerializer.SerializeToUtf8Bytes(alert, ContractsJson.Default.AlertView),
        Timestamp = new Timestamp(alert.RaisedAt),
    };
}

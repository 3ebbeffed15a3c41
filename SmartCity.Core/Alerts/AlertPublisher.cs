using System.Diagnostics.Metrics;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Bricks.Kafka;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Database;
using SmartCity.Core.Kafka;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Sends stored alerts to topic <c>alerts</c> and marks them. Each is taken for a while first, so that several cores send it once; a crash between sending
/// and marking sends it again. One that the broker does not take as it is is set aside, and holds up no other.
/// </summary>
internal sealed class AlertPublisher(NpgsqlDataSource dataSource, DatabaseStartup database, CoreProducer producer, WorkerHealth health, TimeProvider time, ILogger<AlertPublisher> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "alert publisher";
    private const int AtOnce = 100;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(250);

    // Renewed while the broker is waited for: only what a core that has died had taken is sent by another.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private static readonly Counter<long> SetAside = Telemetry.Meter.CreateCounter<long>("smartcity.core.alerts.set_aside", "{alert}", "Alerts that could not be sent to their topic and wait for a person.");

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await SendAsync(stoppingToken) == AtOnce)
                {
                }

                await ReportAsync(stoppingToken);
            }
            catch (Exception e) when (e is NpgsqlException or KafkaException)
            {
                Health.Degraded(Worker, $"Alerts wait to be sent to Kafka: {e.Message}");
                Logger.LogWarning("Alerts wait to be sent to {Topic}: {Error}", Topics.Alerts, e.Message);
            }
        }
    }

    private async Task<int> SendAsync(CancellationToken cancellationToken)
    {
        var alerts = await TakeAsync(cancellationToken);
        var sending = Task.WhenAll(alerts.Select(a => TryAsync(a, cancellationToken)));
        while (await Task.WhenAny(sending, Task.Delay(Lease / 3, time, cancellationToken)) != sending)
        {
            try
            {
                await KeepAsync(alerts, cancellationToken);
            }
            catch (NpgsqlException e)
            {
                // What is being sent goes on; another core may send it too, which is heard twice and lost never.
                Logger.LogWarning("The lease of {Alerts} alerts that are being sent cannot be extended: {Error}", alerts.Count, e.Message);
            }
        }

        var sent = await sending;
        await MarkAsync(sent, cancellationToken);
        return sent.FirstOrDefault(s => s.Error is not null && !IsFaultOfRecord(s.Error)) is { Error: { } error } ? throw error : alerts.Count;
    }

    // Oldest first; those of one plate go to one partition in that order.
    private async Task<List<AlertView>> TakeAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            $"""
            update alerts set publish_at = $2 where id = any(array(
                select id from alerts where published_at is null and publish_error is null and publish_at <= $1 order by publish_at, raised_at limit {AtOnce} for update skip locked))
            returning {AlertSlice.Columns}
            """);
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = now + Lease });
        return [.. (await command.ReadAllAsync(AlertSlice.Read, cancellationToken)).OrderBy(a => a.RaisedAt).ThenBy(a => a.Id)];
    }

    private async Task KeepAsync(List<AlertView> alerts, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("update alerts set publish_at = $2 where id = any($1)");
        command.Parameters.Add(new() { Value = alerts.ConvertAll(a => a.Id).ToArray() });
        command.Parameters.Add(new() { Value = time.GetUtcNow() + Lease });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<(Guid Alert, KafkaException? Error)> TryAsync(AlertView alert, CancellationToken cancellationToken)
    {
        try
        {
            await producer.ProduceAsync(Topics.Alerts, Message(alert), cancellationToken);
            return (alert.Id, null);
        }
        catch (KafkaException e)
        {
            return (alert.Id, e);
        }
    }

    private async Task MarkAsync((Guid Alert, KafkaException? Error)[] sent, CancellationToken cancellationToken)
    {
        if (sent.Length == 0)
        {
            return;
        }

        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand(
            """
            update alerts set published_at = case when s.error is null and not s.again then $4 end, publish_error = s.error, publish_at = case when s.again then $5 else publish_at end
            from unnest($1, $2, $3) as s (id, error, again) where alerts.id = s.id
            """);
        command.Parameters.Add(new() { Value = Array.ConvertAll(sent, s => s.Alert) });
        command.Parameters.Add(new() { Value = Array.ConvertAll(sent, s => s.Error is not null && IsFaultOfRecord(s.Error) ? s.Error.Error.Reason : null), NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Array | NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = Array.ConvertAll(sent, s => s.Error is not null && !IsFaultOfRecord(s.Error)) });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = now + Again });
        await command.ExecuteNonQueryAsync(cancellationToken);
        foreach (var (alert, error) in sent.Where(s => s.Error is not null && IsFaultOfRecord(s.Error)))
        {
            SetAside.Add(1);
            Logger.LogError("Alert {Alert} cannot be sent to {Topic} and is set aside: {Error}", alert, Topics.Alerts, error!.Error.Reason);
        }
    }

    private async Task ReportAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select count(*) from alerts where publish_error is not null");
        var setAside = (long)(await command.ExecuteScalarAsync(cancellationToken))!;
        if (setAside == 0)
        {
            Health.Healthy(Worker);
        }
        else
        {
            Health.Degraded(Worker, $"{setAside} {(setAside == 1 ? "alert" : "alerts")} could not be sent to topic {Topics.Alerts} and {(setAside == 1 ? "waits" : "wait")} for a person: GET /api/alerts?setAside=true lists them, and POST /api/alerts/{{id}}/publish sends one again.");
        }
    }

    // What the broker says of the record itself; it will say so again. All else passes.
    private static bool IsFaultOfRecord(KafkaException e) =>
        e.Error.Code is ErrorCode.MsgSizeTooLarge or ErrorCode.InvalidMsg or ErrorCode.InvalidMsgSize or ErrorCode.InvalidTimestamp or ErrorCode.InvalidRecord or ErrorCode.RecordListTooLarge;

    private static Message<byte[]?, byte[]?> Message(AlertView alert)
    {
        var headers = new Headers { { RecordHeaders.ContentType, Encoding.ASCII.GetBytes(RecordHeaders.Json) } };
        EventHeaders.Add(headers, alert.Id.ToString(), "/core/alerts", CityEvents.AlertRaised, alert.RaisedAt, subject: alert.StationId);
        return new()
        {
            Key = Encoding.UTF8.GetBytes(alert.Plate),
            Value = JsonSerializer.SerializeToUtf8Bytes(alert, ContractsJson.Default.AlertView),
            Timestamp = new Timestamp(alert.RaisedAt),
            Headers = headers,
        };
    }
}

using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Bricks;
using SmartCity.Bricks.Http;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Sends alerts to webhooks as events over HTTP, signed, each on its own so that a slow one holds up nobody else. What is not answered with 2xx is tried again, ever more
/// seldom, until it is dead. The schedule is in the database: it outlives this process, and several cores share it.
/// </summary>
internal sealed class WebhookSender(
    WebhookQueue queue,
    IHttpClientFactory clients,
    DatabaseStartup database,
    IOptions<WebhookOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<WebhookSender> logger) : DatabaseWorker(Worker, database, health, logger)
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "webhooks";

    private const string Worker = "webhooks";
    private const string Json = "application/json";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);

    private readonly ConcurrentDictionary<Guid, Task> _busy = new();
    private readonly ConcurrentDictionary<Guid, string> _troubles = new();

    /// <summary>Sends <c>{"test":true,"sentAt":…}</c>, signed as an alert is, once.</summary>
    public async Task<WebhookAttemptView> TestAsync(Uri url, string secret, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var started = time.GetTimestamp();
        var delivery = Guid.CreateVersion7(at);
        var test = new CloudEvent<byte[]> { Id = delivery.ToString(), Source = "/core/webhooks", Type = "webhook.test", Time = at, DataContentType = Json, Data = JsonSerializer.SerializeToUtf8Bytes(new { test = true, sentAt = at }) };
        var (status, error) = await SendAsync(url, secret, delivery, test, at, cancellationToken);
        return new WebhookAttemptView(at, status, error, (int)time.GetElapsedTime(started).TotalMilliseconds);
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            try
            {
                foreach (var webhook in await queue.DueAsync(time.GetUtcNow(), stoppingToken))
                {
                    if (!_busy.TryGetValue(webhook, out var running) || running.IsCompleted)
                    {
                        _busy[webhook] = Task.Run(() => DrainAsync(webhook, stoppingToken), stoppingToken);
                    }
                }

                Report();
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"No webhook deliveries are sent for now: {e.Message}");
                Logger.LogWarning("No webhook deliveries are sent for now, and the core tries again: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task DrainAsync(Guid webhook, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var now = time.GetUtcNow();
                var due = await queue.TakeAsync(webhook, options.Value.AtOnce, now, now + (3 * options.Value.Timeout), cancellationToken);
                if (due.Count == 0)
                {
                    _troubles.TryRemove(webhook, out _);
                    return;
                }

                await Task.WhenAll(due.Select(d => TryAsync(d, cancellationToken)));
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _troubles[webhook] = e.Message;
            Logger.LogWarning("Deliveries to webhook {Webhook} wait, and the core tries again: {Error}", webhook, e.Message);
        }
    }

    private void Report()
    {
        if (_troubles.Values.FirstOrDefault() is { } trouble)
        {
            Health.Degraded(Worker, $"Webhooks wait: {trouble}");
        }
        else
        {
            Health.Healthy(Worker);
        }
    }

    private async Task TryAsync(DueDelivery delivery, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var started = time.GetTimestamp();
        var (status, error) = await SendAsync(delivery, at, cancellationToken);
        var attempt = new WebhookAttemptView(at, status, error, (int)time.GetElapsedTime(started).TotalMilliseconds);
        if (error is null)
        {
            await queue.FinishAsync(delivery.Id, attempt, "delivered", null, cancellationToken);
            return;
        }

        var dead = at - delivery.FirstAt >= options.Value.GiveUpAfter;
        Logger.LogWarning("Webhook delivery {Delivery} failed at attempt {Attempt}{Dead}: {Error}", delivery.Id, delivery.Attempt, dead ? " and will not be tried again" : "", error);
        await queue.FinishAsync(delivery.Id, attempt, dead ? "dead" : "waiting", dead ? null : at + RetryAfter(delivery.Attempt), cancellationToken);
    }

    private async Task<(int? Status, string? Error)> SendAsync(DueDelivery delivery, DateTimeOffset at, CancellationToken cancellationToken)
    {
        var alert = delivery.Alert;
        var raised = new CloudEvent<byte[]>
        {
            Id = alert.Id.ToString(),
            Source = "/core/alerts",
            Type = CityEvents.AlertRaised,
            Subject = alert.StationId,
            Time = alert.RaisedAt,
            DataContentType = Json,
            Data = JsonSerializer.SerializeToUtf8Bytes(alert, ContractsJson.Default.AlertView),
        };
        return await SendAsync(delivery.Url, delivery.Secret, delivery.Id, raised, at, cancellationToken);
    }

    private async Task<(int? Status, string? Error)> SendAsync(Uri url, string secret, Guid delivery, CloudEvent<byte[]> e, DateTimeOffset at, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(Client);
        using var request = new HttpFunction<byte[]>(client, url).Request(e);
        return await WebhookCall.SendAsync(client, request, secret, delivery, e.Data, at, options.Value.Timeout, cancellationToken);
    }

    private TimeSpan RetryAfter(int attempt) => Backoff.After(attempt, options.Value.FirstRetry, options.Value.LongestRetry);
}

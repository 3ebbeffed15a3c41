using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using MimeKit;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Mail;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Core.Notifications;

/// <summary>
/// Tells people of alerts by e-mail and over HTTP. What waits for one recipient goes out in one message, each recipient on its own, so that a slow one holds up nobody else.
/// What was not taken is tried again, ever more seldom, until it is dead; the schedule is in the database.
/// </summary>
internal sealed class NotificationSender(
    NotificationPlan plan,
    NotificationStore store,
    MailSender mail,
    CoreSecret secrets,
    NpgsqlDataSource dataSource,
    AuditLog audit,
    ChargingCity city,
    IHttpClientFactory clients,
    DatabaseStartup database,
    IOptions<NotificationOptions> options,
    IOptions<WebhookOptions> webhooks,
    WorkerHealth health,
    TimeProvider time,
    ILogger<NotificationSender> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "notifications";
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    // Longer than an attempt takes.
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(6);

    private readonly ConcurrentDictionary<(Guid Recipient, int Line), Task> _busy = new();
    private readonly ConcurrentDictionary<(Guid Recipient, int Line), string> _troubles = new();

    /// <summary>Sends a test, once.</summary>
    public async Task<WebhookAttemptView> TestAsync(RecipientView recipient, string address, string secret, CancellationToken cancellationToken)
    {
        var (at, started) = (time.GetUtcNow(), time.GetTimestamp());
        var (status, fault) = await SendAsync(recipient, address, secret, Guid.CreateVersion7(at), new NotificationText(1, [], options.Value.ShowPlates, options.Value.ConsoleAddress), cancellationToken);
        return new WebhookAttemptView(at, status, fault, (int)time.GetElapsedTime(started).TotalMilliseconds);
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Look, time);
        do
        {
            try
            {
                var waiting = await plan.RunAsync(options.Value.GiveUpAfter, stoppingToken);
                await ForgetAsync(stoppingToken);
                foreach (var due in await store.DueAsync(time.GetUtcNow(), stoppingToken))
                {
                    if (!_busy.TryGetValue(due, out var running) || running.IsCompleted)
                    {
                        _busy[due] = Task.Run(() => DrainAsync(due.Recipient, due.Line, stoppingToken), stoppingToken);
                    }
                }

                Report(waiting);
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"Nobody is told of alerts for now: {e.Message}");
                Logger.LogWarning("Nobody is told of alerts for now, and the core tries again: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // A trouble lasts as long as something of the recipient waits.
    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        if (_troubles.IsEmpty)
        {
            return;
        }

        var waiting = (await store.DueAsync(DateTimeOffset.MaxValue, cancellationToken)).ToHashSet();
        foreach (var over in _troubles.Keys.Where(k => !waiting.Contains(k)))
        {
            _troubles.TryRemove(over, out _);
        }
    }

    private void Report(int waiting)
    {
        if (_troubles.Values.FirstOrDefault() is { } trouble)
        {
            Health.Degraded(Worker, trouble);
        }
        else if (waiting > 0)
        {
            Health.Degraded(Worker, $"{waiting} {(waiting == 1 ? "alert waits" : "alerts wait")}, because nobody is on the second line now. Change the rota in Administration, Notifications.");
        }
        else
        {
            Health.Healthy(Worker);
        }
    }

    private async Task DrainAsync(Guid recipient, int line, CancellationToken cancellationToken)
    {
        try
        {
            while (await store.RecipientAsync(recipient, cancellationToken) is { } found && await store.TakeAsync(recipient, line, time.GetUtcNow(), time.GetUtcNow() + Lease, cancellationToken) is { } due)
            {
                await TryAsync(found.View, found.Address, found.Secret, line, due, cancellationToken);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _troubles[(recipient, line)] = $"Messages to a recipient wait: {e.Message}";
            Logger.LogWarning("Messages to recipient {Recipient} wait, and the core tries again: {Error}", recipient, e.Message);
        }
    }

    private async Task TryAsync(RecipientView recipient, string address, string secret, int line, DueNotification due, CancellationToken cancellationToken)
    {
        var alerts = await store.AlertsAsync(due.Alerts, city.Local, cancellationToken);
        if (alerts.Count == 0)
        {
            return; // erased meanwhile, and the deliveries with them
        }

        var text = new NotificationText(line, alerts, options.Value.ShowPlates, options.Value.ConsoleAddress);
        var (_, fault) = await SendAsync(recipient, secrets.Open(address, NotificationStore.Purpose), secrets.Open(secret, NotificationStore.Purpose), IdOf(due.Deliveries), text, cancellationToken);
        var now = time.GetUtcNow();
        if (fault is null)
        {
            _troubles.TryRemove((recipient.Id, line), out _);
            await store.DeliveredAsync(due.Deliveries, now, cancellationToken);
            return;
        }

        // What is given up and its line are there together.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var dead = await NotificationStore.FailedAsync(connection, due.Deliveries, fault, now, now + Backoff.After(due.Attempt, options.Value.FirstRetry, options.Value.LongestRetry), now - options.Value.GiveUpAfter, cancellationToken);
        if (dead.Count > 0)
        {
            await audit.AppendAsync(connection, "core", "notifications.failed", $"{recipient.Name}: {string.Join(' ', dead)}", fault, null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        _troubles[(recipient.Id, line)] = $"{recipient.Name} could not be told of {(due.Alerts.Count == 1 ? "an alert" : $"{due.Alerts.Count} alerts")}{(dead.Count > 0 ? $", and the core has given up {dead.Count} of them" : ", and the core tries again")}: {fault}";
        Logger.LogWarning("Recipient {Recipient} could not be told of {Alerts} alerts at attempt {Attempt}; the core has given up {Dead}: {Error}", recipient.Id, due.Alerts.Count, due.Attempt, dead.Count, fault);
    }

    // The HTTP status, if there was one, and what went wrong; null when the message was taken.
    private async Task<(int? Status, string? Fault)> SendAsync(RecipientView recipient, string address, string secret, Guid id, NotificationText text, CancellationToken cancellationToken)
    {
        if (recipient.Kind == RecipientKind.Email)
        {
            using var body = new TextPart("plain") { Text = text.Text };
            return (null, await mail.SendAsync(address, id.ToString(), text.Subject, body, cancellationToken));
        }

        var json = recipient.Kind switch { RecipientKind.Slack => text.Slack, RecipientKind.Teams => text.Teams, _ => text.Json };
        using var client = clients.CreateClient(WebhookSender.Client);
        return await WebhookCall.SendAsync(client, new Uri(address), secret, id, json, time.GetUtcNow(), webhooks.Value.Timeout, cancellationToken);
    }

    // The same for the same alerts, so that a receiver knows what it has.
    private static Guid IdOf(IReadOnlyList<Guid> deliveries) => new(SHA256.HashData(Encoding.ASCII.GetBytes(string.Concat(deliveries)))[..16]);
}

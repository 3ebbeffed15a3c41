using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Alerts;

/// <summary>Deliveries of alerts to webhooks, with their attempts.</summary>
internal static class WebhookDeliveries
{
    private const int MostAttemptsShown = 100;

    public static async Task<List<AlertDelivery>> FindAsync(NpgsqlDataSource dataSource, SqlFilter filter, int count, CancellationToken cancellationToken)
    {
        await using var command = filter.Command(
            dataSource,
            """
            select w.name, d.id, d.webhook_id, d.alert_id, d.state, d.first_at, d.next_at from webhook_deliveries d join webhooks w on w.id = d.webhook_id
            where {where} order by d.first_at desc, d.id desc limit {limit}
            """,
            count);
        var rows = await command.ReadAllAsync(
            r => new AlertDelivery(r.GetString(0), new WebhookDeliveryView(r.GetGuid(1), r.GetGuid(2), r.GetGuid(3), r.GetString(4), r.Time(5), r.GetString(4) == "waiting" ? r.Time(6) : null, [])),
            cancellationToken);
        await using var attempts = dataSource.CreateCommand(
            """
            select a.* from unnest($1) as d (id) cross join lateral (
                select delivery_id, at, status, error, milliseconds from webhook_attempts where delivery_id = d.id order by at desc limit $2) as a
            """);
        attempts.Parameters.Add(new() { Value = rows.ConvertAll(r => r.Delivery.Id).ToArray() });
        attempts.Parameters.Add(new() { Value = MostAttemptsShown });
        var made = (await attempts.ReadAllAsync(r => (Delivery: r.GetGuid(0), Attempt: new WebhookAttemptView(r.Time(1), r.Int(2), r.Text(3), r.GetInt32(4))), cancellationToken)).ToLookup(a => a.Delivery, a => a.Attempt);
        return rows.ConvertAll(r => r with { Delivery = r.Delivery with { Attempts = [.. made[r.Delivery.Id].OrderBy(a => a.At)] } });
    }

    /// <summary>Whether there is such a delivery, which is due at once now.</summary>
    public static async Task<bool> ResendAsync(AuditedChange change, Guid delivery, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = await change.CommandAsync("update webhook_deliveries set state = 'waiting', attempts = 0, next_at = $2, finished_at = null where id = $1", cancellationToken);
        command.Parameters.Add(new() { Value = delivery });
        command.Parameters.Add(new() { Value = now });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }
}

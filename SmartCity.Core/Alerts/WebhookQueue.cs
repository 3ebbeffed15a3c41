using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Secrets;

namespace SmartCity.Core.Alerts;

/// <summary>A delivery that is to be tried now.</summary>
internal sealed record DueDelivery(Guid Id, Uri Url, string Secret, int Attempt, DateTimeOffset FirstAt, AlertView Alert);

/// <summary>Deliveries in the database: which are due, and what became of an attempt.</summary>
internal sealed class WebhookQueue(NpgsqlDataSource dataSource, CoreSecret secrets)
{
    /// <summary>What a webhook's secret is sealed as.</summary>
    public const string SecretPurpose = "secret of a webhook";

    /// <summary>Webhooks that have something due.</summary>
    public async Task<List<Guid>> DueAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select w.id from webhooks w where w.enabled and exists (select from webhook_deliveries d where d.webhook_id = w.id and d.state = 'waiting' and d.next_at <= $1)");
        command.Parameters.Add(new() { Value = now });
        return await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken);
    }

    /// <summary>Takes due deliveries of a webhook, oldest first. Nobody else takes them until the time given, when they are due again unless <see cref="FinishAsync"/> was called.</summary>
    public async Task<List<DueDelivery>> TakeAsync(Guid webhook, int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with due as (
                select id from webhook_deliveries where webhook_id = $1 and state = 'waiting' and next_at <= $3 order by first_at limit $2 for update skip locked
            ), taken as (
                update webhook_deliveries d set next_at = $4, attempts = attempts + 1 from due where d.id = due.id returning d.id, d.alert_id, d.attempts, d.first_at
            )
            select t.id, w.url, w.secret, t.attempts, t.first_at, t.alert_id from taken t join webhooks w on w.id = $1 order by t.first_at
            """);
        command.With(webhook, most, now, until);
        var taken = await command.ReadAllAsync(r => (Id: r.GetGuid(0), Url: new Uri(r.GetString(1)), Secret: secrets.Open(r.GetString(2), SecretPurpose), Attempt: r.GetInt32(3), FirstAt: r.Time(4), Alert: r.GetGuid(5)), cancellationToken);
        await using var read = dataSource.CreateCommand(AlertSlice.Select("id = any($1)"));
        read.With(taken.ConvertAll(t => t.Alert).ToArray());
        var alerts = (await read.ReadAllAsync(AlertSlice.Read, cancellationToken)).ToDictionary(a => a.Id);
        return taken.ConvertAll(t => new DueDelivery(t.Id, t.Url, t.Secret, t.Attempt, t.FirstAt, alerts[t.Alert]));
    }

    /// <summary>Notes an attempt, and what is next: nothing when it was delivered or is dead.</summary>
    public async Task FinishAsync(Guid delivery, WebhookAttemptView attempt, string state, DateTimeOffset? nextAt, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with attempt as (insert into webhook_attempts (delivery_id, at, status, error, milliseconds) values ($1, $2, $3, $4, $5))
            update webhook_deliveries set state = $6, next_at = coalesce($7, next_at), finished_at = case when $6 = 'waiting' then null else $2 end where id = $1
            """);
        command.With(delivery, attempt.At);
        command.Parameters.Add(new() { Value = (object?)attempt.Status ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Integer });
        command.Parameters.Add(new() { Value = (object?)attempt.Error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        command.With(attempt.Milliseconds, state);
        command.Parameters.Add(new() { Value = (object?)nextAt ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.TimestampTz });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

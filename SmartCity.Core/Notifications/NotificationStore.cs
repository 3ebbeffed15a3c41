using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Notifications;

/// <summary>Deliveries that go out in one message.</summary>
internal sealed record DueNotification(IReadOnlyList<Guid> Deliveries, int Attempt, IReadOnlyList<Guid> Alerts);

/// <summary>Recipients, rota, rules and deliveries in the database.</summary>
internal sealed class NotificationStore(NpgsqlDataSource dataSource)
{
    /// <summary>What a recipient's address and secret are sealed as.</summary>
    public const string Purpose = "address of a recipient of notifications";

    public const int MostInOne = 50;

    private const string Delivery = "select d.id, d.alert_id, d.line, r.name, r.kind, d.state, d.attempts, d.first_at, d.next_at, d.finished_at, d.fault from notification_deliveries d join notification_recipients r on r.id = d.recipient_id";

    public static ShiftView ReadShift(NpgsqlDataReader r) => new(r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetFieldValue<int[]>(3), r.GetFieldValue<TimeOnly>(4), r.GetFieldValue<TimeOnly>(5));

    public async Task<List<RecipientView>> RecipientsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, name, kind, shown, enabled, created_at from notification_recipients order by name, id");
        return await command.ReadAllAsync(r => new RecipientView(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.Time(5)), cancellationToken);
    }

    /// <summary>Null if there is none.</summary>
    public async Task<(RecipientView View, string Address, string Secret)?> RecipientAsync(Guid id, CancellationToken cancellationToken)
    {
        await using var command = Command("select id, name, kind, shown, enabled, created_at, address, secret from notification_recipients where id = $1", id);
        return await command.ReadAllAsync(r => (new RecipientView(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetBoolean(4), r.Time(5)), r.GetString(6), r.GetString(7)), cancellationToken) is [var found] ? found : null;
    }

    /// <summary>Whether the name was free.</summary>
    public static async Task<bool> AddAsync(AuditedChange change, RecipientView recipient, string address, string secret, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            "insert into notification_recipients (id, name, kind, address, shown, secret, enabled, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name) do nothing",
            cancellationToken)).With(recipient.Id, recipient.Name, recipient.Kind, address, recipient.Shown, secret, recipient.Enabled, recipient.CreatedAt);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Whether the name was free.</summary>
    /// <param name="address">Sealed; empty to keep the one before.</param>
    public static async Task<bool> ChangeAsync(AuditedChange change, RecipientView recipient, string address, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            "update notification_recipients set name = $2, address = coalesce(nullif($3, ''), address), shown = $4, enabled = $5 where id = $1 and not exists (select from notification_recipients o where o.name = $2 and o.id <> $1)",
            cancellationToken)).With(recipient.Id, recipient.Name, address, recipient.Shown, recipient.Enabled);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>The name of whom it removed; null if there is no such recipient.</summary>
    public static async Task<string?> RemoveAsync(AuditedChange change, Guid id, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync("delete from notification_recipients where id = $1 returning name", cancellationToken)).With(id);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    public async Task<List<ShiftView>> ShiftsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select id, recipient_id, line, days, begins, ends from notification_shifts order by line, begins, id");
        return await command.ReadAllAsync(ReadShift, cancellationToken);
    }

    /// <summary>The recipient's name; null if there is no such recipient.</summary>
    public static async Task<string?> AddAsync(AuditedChange change, ShiftView shift, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            """
            insert into notification_shifts (id, recipient_id, line, days, begins, ends) select $1, r.id, $3, $4, $5, $6 from notification_recipients r where r.id = $2
            returning (select name from notification_recipients r where r.id = recipient_id)
            """,
            cancellationToken)).With(shift.Id, shift.RecipientId, shift.Line, shift.Days.ToArray(), shift.Begins, shift.Ends);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>What it removed, and its recipient's name; null if there is no such shift.</summary>
    public static async Task<(string Name, ShiftView Shift)?> RemoveShiftAsync(AuditedChange change, Guid id, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            "delete from notification_shifts s using notification_recipients r where s.id = $1 and r.id = s.recipient_id returning s.id, s.recipient_id, s.line, s.days, s.begins, s.ends, r.name", cancellationToken)).With(id);
        return await command.ReadAllAsync(r => (r.GetString(6), ReadShift(r)), cancellationToken) is [var removed] ? removed : null;
    }

    public async Task<List<NotificationRule>> RulesAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select p, coalesce(r.first, false), r.second_after from generate_series(1, 5) p left join notification_rules r on r.priority = p order by p");
        return await command.ReadAllAsync(r => new NotificationRule(r.GetInt32(0), r.GetBoolean(1), r.IsDBNull(2) ? null : (int)r.GetFieldValue<TimeSpan>(2).TotalMinutes), cancellationToken);
    }

    public static async Task SetAsync(AuditedChange change, NotificationRule rule, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            "insert into notification_rules (priority, first, second_after, since) values ($1, $2, $3, $4) on conflict (priority) do update set first = excluded.first, second_after = excluded.second_after, since = case when notification_rules.first or notification_rules.second_after is not null then notification_rules.since else excluded.since end",
            cancellationToken)).With(rule.Priority, rule.First, new NpgsqlParameter { Value = rule.SecondAfterMinutes is { } minutes ? TimeSpan.FromMinutes(minutes) : DBNull.Value, NpgsqlDbType = NpgsqlDbType.Interval }, now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task<List<NotificationDelivery>> DeliveriesAsync(SqlFilter filter, int count, CancellationToken cancellationToken)
    {
        await using var command = filter.Command(dataSource, Delivery + " where {where} order by d.first_at desc, d.id desc limit {limit}", count);
        return await command.ReadAllAsync(
            r => new NotificationDelivery(
                r.GetGuid(0), r.GetGuid(1), r.GetInt32(2), r.GetString(3), r.GetString(4), r.GetString(5), r.GetInt32(6), r.Time(7), r.GetString(5) == "waiting" ? r.Time(8) : null, r.IsDBNull(9) ? null : r.Time(9), r.Text(10)),
            cancellationToken);
    }

    /// <summary>Makes a delivery due at once, and gives its recipient's name; null if there is none of an alert that somebody still has to deal with.</summary>
    public static async Task<string?> ResendAsync(AuditedChange change, Guid delivery, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            """
            update notification_deliveries d set state = 'waiting', attempts = 0, first_at = $2, next_at = $2, finished_at = null, fault = null
            from alerts a, notification_recipients r where d.id = $1 and a.id = d.alert_id and a.state in ('open', 'escalated') and r.id = d.recipient_id
            returning r.name
            """,
            cancellationToken)).With(delivery, now);
        return await command.ExecuteScalarAsync(cancellationToken) as string;
    }

    /// <summary>When the second line is told of an alert if nobody acknowledges it; null when it is not, or was.</summary>
    public async Task<DateTimeOffset?> SecondLineAtAsync(Guid alert, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            select a.raised_at + r.second_after from alerts a join notification_rules r on r.priority = a.priority
            where a.id = $1 and a.state = 'open' and a.joined_into is null and a.raised_at >= r.since and r.second_after is not null and exists (select from notification_shifts)
              and not exists (select from notification_told t where t.alert_id = a.id and t.line = 2)
            """,
            alert);
        return await command.ReadAllAsync(r => r.Time(0), cancellationToken) is [var at] ? at : null;
    }

    /// <summary>Recipients and lines for which something is due by then.</summary>
    public async Task<List<(Guid Recipient, int Line)>> DueAsync(DateTimeOffset then, CancellationToken cancellationToken)
    {
        await using var command = Command("select distinct d.recipient_id, d.line from notification_deliveries d join notification_recipients r on r.id = d.recipient_id where d.state = 'waiting' and d.next_at <= $1 and r.enabled", then);
        return await command.ReadAllAsync(r => (r.GetGuid(0), r.GetInt32(1)), cancellationToken);
    }

    /// <summary>Takes what is due for a recipient on a line, oldest first. Nobody else takes it until the time given, when it is due again unless its end is noted.</summary>
    public async Task<DueNotification?> TakeAsync(Guid recipient, int line, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var command = Command(
            $"""
            with due as (
                select id from notification_deliveries where recipient_id = $1 and line = $2 and state = 'waiting' and next_at <= $3 and exists (select from notification_recipients r where r.id = $1 and r.enabled) order by first_at, id limit {MostInOne} for update skip locked
            )
            update notification_deliveries d set next_at = $4, attempts = attempts + 1 from due where d.id = due.id returning d.id, d.alert_id, d.attempts
            """,
            recipient, line, now, until);
        var taken = await command.ReadAllAsync(r => (Id: r.GetGuid(0), Alert: r.GetGuid(1), Attempt: r.GetInt32(2)), cancellationToken);
        return taken.Count == 0 ? null : new DueNotification([.. taken.Select(t => t.Id).Order()], taken.Max(t => t.Attempt), taken.ConvertAll(t => t.Alert));
    }

    public async Task DeliveredAsync(IReadOnlyList<Guid> deliveries, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = Command("update notification_deliveries set state = 'delivered', finished_at = $2, fault = null where id = any($1) and state in ('waiting', 'settled')", deliveries.ToArray(), now);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Notes what went wrong. What has waited since before <paramref name="givenUp"/> is dead, the rest is tried again.</summary>
    /// <returns>Alerts that the recipient is not told of any more.</returns>
    public static async Task<List<Guid>> FailedAsync(NpgsqlConnection connection, IReadOnlyList<Guid> deliveries, string fault, DateTimeOffset now, DateTimeOffset nextAt, DateTimeOffset givenUp, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update notification_deliveries set fault = $2, next_at = $4, state = case when first_at <= $5 then 'dead' else state end, finished_at = case when first_at <= $5 then $3 end
            where id = any($1) and state = 'waiting' returning alert_id, state
            """,
            connection).With(deliveries.ToArray(), fault, now, nextAt, givenUp);
        return [.. (await command.ReadAllAsync(r => (Alert: r.GetGuid(0), State: r.GetString(1)), cancellationToken)).Where(d => d.State == "dead").Select(d => d.Alert)];
    }

    /// <summary>Alerts as people are told of them, the most urgent first.</summary>
    public async Task<List<ToldAlert>> AlertsAsync(IReadOnlyList<Guid> alerts, Func<DateTimeOffset, DateTime> local, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            select a.id, a.priority, a.plate, a.reason, coalesce(s.name, a.station_id), a.camera_id, a.captured_at, a.state = 'escalated' from alerts a left join stations s on s.id = a.station_id
            where a.id = any($1) order by a.priority, a.raised_at, a.id
            """,
            alerts.ToArray());
        return await command.ReadAllAsync(r => new ToldAlert(r.GetGuid(0), r.GetInt32(1), r.GetString(2), r.GetString(3), r.GetString(4), r.Text(5), r.Time(6), local(r.Time(6)), r.GetBoolean(7)), cancellationToken);
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => dataSource.CreateCommand(sql).With(values);
}

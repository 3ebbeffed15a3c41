using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Notifications;

/// <summary>
/// Decides who is told of which alert: the first line when it is raised, the second when nobody has acknowledged it in time, when a person has escalated it, or at once when
/// nobody is on the first line. A line is told of an alert once, whatever runs twice, and whoever is on it then is told. While nobody is, the alert waits for who comes next.
/// </summary>
internal sealed class NotificationPlan(NpgsqlDataSource dataSource, AuditLog audit, ChargingCity city, TimeProvider time)
{
    private const int AtOnce = 200;

    /// <param name="giveUpAfter">Alerts that are older are not told of.</param>
    /// <returns>Alerts for which nobody is on the line that is to be told.</returns>
    public async Task<int> RunAsync(TimeSpan giveUpAfter, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await SettleAsync(now, cancellationToken);
        var shifts = await ShiftsAsync(cancellationToken);
        if (shifts.Count == 0)
        {
            return 0;
        }

        var on = shifts.FindAll(s => Rota.IsOn(s.Shift, city.Local(now)));
        var due = await DueAsync(now, giveUpAfter, Since(1), Since(2), cancellationToken);
        var told = due.SelectMany(d => on.Where(s => s.Shift.Line == d.Line && s.Since <= d.At).Select(s => (d.Alert, d.Line, s.Shift.RecipientId, s.Name))).Distinct().ToList();
        if (told.Count > 0)
        {
            await TellAsync(told, now, cancellationToken);
        }

        return due.Count(d => on.TrueForAll(s => s.Shift.Line != d.Line));

        // Since when somebody is on a line; nobody hears of what was before.
        DateTimeOffset? Since(int line) => on.Where(s => s.Shift.Line == line).Select(s => (DateTimeOffset?)s.Since).Min();
    }

    /// <summary>Names of those on a line now.</summary>
    public async Task<(List<string> First, List<string> Second)> OnNowAsync(CancellationToken cancellationToken)
    {
        var on = (await ShiftsAsync(cancellationToken)).FindAll(s => Rota.IsOn(s.Shift, city.Local(time.GetUtcNow())));
        return (Of(1), Of(2));

        List<string> Of(int line) => [.. on.Where(s => s.Shift.Line == line).Select(s => s.Name).Distinct().Order(StringComparer.Ordinal)];
    }

    private async Task<List<(ShiftView Shift, string Name, DateTimeOffset Since)>> ShiftsAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select s.id, s.recipient_id, s.line, s.days, s.begins, s.ends, r.name, r.created_at from notification_shifts s join notification_recipients r on r.id = s.recipient_id where r.enabled");
        return await command.ReadAllAsync(r => (NotificationStore.ReadShift(r), r.GetString(6), r.Time(7)), cancellationToken);
    }

    // What somebody deals with needs no message any more.
    private async Task SettleAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "update notification_deliveries d set state = 'settled', finished_at = $1 from alerts a where d.state = 'waiting' and a.id = d.alert_id and a.state not in ('open', 'escalated')");
        command.Parameters.Add(new() { Value = now });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private async Task<List<(Guid Alert, int Line, DateTimeOffset At)>> DueAsync(DateTimeOffset now, TimeSpan giveUpAfter, DateTimeOffset? first, DateTimeOffset? second, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            with fresh as (
                select a.id, a.raised_at, r.first, r.second_after from alerts a join notification_rules r on r.priority = a.priority
                where a.state = 'open' and a.joined_into is null and a.raised_at >= $1 and a.raised_at >= r.since
            )
            select d.id, d.line, d.at from (
                select id, 1 as line, raised_at as at from fresh where first and not $3
                union all
                select id, 2, raised_at from fresh where (first and $3) or raised_at + second_after <= $2
                union all
                select a.id, 2, max(x.at) from alert_actions x join alerts a on a.id = x.alert_id
                where x.action = 'escalated' and x.at >= $1 and a.state = 'escalated' and a.joined_into is null group by a.id
            ) d where not exists (select from notification_told t where t.alert_id = d.id and t.line = d.line)
              and d.at >= case d.line when 1 then $4 else $5 end
            order by d.line, d.at, d.id limit {AtOnce}
            """);
        command.Parameters.Add(new() { Value = now - giveUpAfter });
        command.Parameters.Add(new() { Value = now });
        command.Parameters.Add(new() { Value = first is null });
        command.Parameters.Add(new() { Value = first ?? DateTimeOffset.MinValue });
        command.Parameters.Add(new() { Value = second ?? DateTimeOffset.MinValue });
        return await command.ReadAllAsync(r => (r.GetGuid(0), r.GetInt32(1), r.Time(2)), cancellationToken);
    }

    private async Task TellAsync(List<(Guid Alert, int Line, Guid Recipient, string Name)> told, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with told as (
                insert into notification_told (alert_id, line, at) select distinct t.alert, t.line, $4 from unnest($1, $2) as t (alert, line) on conflict do nothing returning alert_id, line
            ), queued as (
                insert into notification_deliveries (alert_id, line, recipient_id, first_at, next_at)
                select u.alert, u.line, u.recipient, $4, $4 from unnest($1, $2, $3) as u (alert, line, recipient) join told on told.alert_id = u.alert and told.line = u.line
                on conflict do nothing
            )
            select alert_id, line from told
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = told.ConvertAll(t => t.Alert).ToArray() }, new() { Value = told.ConvertAll(t => t.Line).ToArray() }, new() { Value = told.ConvertAll(t => t.Recipient).ToArray() }, new() { Value = now },
            },
        };
        foreach (var (alert, line) in await command.ReadAllAsync(r => (r.GetGuid(0), r.GetInt32(1)), cancellationToken))
        {
            var names = string.Join(", ", told.Where(t => t.Alert == alert && t.Line == line).Select(t => t.Name).Order(StringComparer.Ordinal));
            await audit.AppendAsync(connection, "core", "notifications.told", $"{alert}: line {line}, {names}", null, null, cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
    }
}

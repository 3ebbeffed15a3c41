using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Reports;

/// <summary>A report that is to be sent now to a recipient.</summary>
internal sealed record DueReport(Guid Schedule, string Name, string Report, DateOnly First, DateOnly Last, string Recipient, int Attempt);

/// <summary>Reports by e-mail in the database.</summary>
internal sealed class ReportSchedules(NpgsqlDataSource dataSource)
{
    public async Task<List<ReportScheduleView>> AllAsync(CancellationToken cancellationToken)
    {
        await using var sent = dataSource.CreateCommand("select distinct on (schedule_id, recipient) schedule_id, recipient, first_day, last_day, state, attempts, finished_at, fault from report_mailings order by schedule_id, recipient, first_day desc");
        var mailings = (await sent.ReadAllAsync(
            r => (Schedule: r.GetGuid(0), Mailing: new ReportMailing(r.GetString(1), r.GetFieldValue<DateOnly>(2), r.GetFieldValue<DateOnly>(3), r.GetString(4), r.GetInt32(5), r.IsDBNull(6) ? null : r.Time(6), r.Text(7))), cancellationToken)).ToLookup(m => m.Schedule, m => m.Mailing);
        await using var command = dataSource.CreateCommand("select id, name, report, every, recipients, created_by, created_at from report_schedules order by name, id");
        return await command.ReadAllAsync(r => new ReportScheduleView(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetString(3), r.GetFieldValue<string[]>(4), r.GetString(5), r.Time(6), [.. mailings[r.GetGuid(0)]]), cancellationToken);
    }

    /// <summary>Whether the name was free.</summary>
    /// <param name="since">A period that was over before is not sent by itself.</param>
    public static async Task<bool> AddAsync(AuditedChange change, ReportScheduleView schedule, DateOnly since, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync(
            "insert into report_schedules (id, name, report, every, recipients, since, created_by, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (name) do nothing",
            cancellationToken)).With(schedule.Id, schedule.Name, schedule.Report, schedule.Every, schedule.Recipients.ToArray(), since, schedule.CreatedBy, schedule.CreatedAt);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    public static async Task<bool> RemoveAsync(AuditedChange change, Guid id, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync("delete from report_schedules where id = $1", cancellationToken)).With(id);
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1;
    }

    /// <summary>Queues the last period of each schedule, once for each recipient.</summary>
    /// <param name="day">Periods that were over before it began.</param>
    public async Task QueueAsync(DateOnly day, DateTimeOffset now, CancellationToken cancellationToken)
    {
        foreach (var every in (string[])[ReportPeriod.Week, ReportPeriod.Month])
        {
            var (first, last) = ReportPeriod.Before(day, every);
            await using var command = Command(
                """
                insert into report_mailings (schedule_id, first_day, last_day, recipient, queued_at, next_at)
                select s.id, $2, $3, r, $4, $4 from report_schedules s, unnest(s.recipients) r where s.every = $1 and s.since <= $3 on conflict do nothing
                """,
                every, first, last, now);
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }

    /// <summary>Sends a schedule's last period to everybody, again or for the first time. Whether there is such a schedule.</summary>
    public static async Task<bool> SendAsync(AuditedChange change, Guid id, DateOnly day, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var (week, month) = (ReportPeriod.Before(day, ReportPeriod.Week), ReportPeriod.Before(day, ReportPeriod.Month));
        await using var command = (await change.CommandAsync(
            """
            insert into report_mailings (schedule_id, first_day, last_day, recipient, queued_at, next_at)
            select s.id, case s.every when 'week' then $2 else $4 end, case s.every when 'week' then $3 else $5 end, r, $6, $6 from report_schedules s, unnest(s.recipients) r where s.id = $1
            on conflict (schedule_id, first_day, recipient) do update set state = 'waiting', attempts = 0, queued_at = excluded.queued_at, next_at = excluded.next_at, finished_at = null, fault = null
            """,
            cancellationToken)).With(id, week.First, week.Last, month.First, month.Last, now);
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <summary>Takes what is due. Nobody else takes it until the time given, when it is due again unless its end is noted.</summary>
    public async Task<List<DueReport>> TakeAsync(int most, DateTimeOffset now, DateTimeOffset until, CancellationToken cancellationToken)
    {
        await using var command = Command(
            """
            with due as (
                select schedule_id, first_day, recipient from report_mailings where state = 'waiting' and next_at <= $2 order by next_at, schedule_id, first_day, recipient limit $1 for update skip locked
            )
            update report_mailings m set next_at = $3, attempts = attempts + 1 from due d join report_schedules s on s.id = d.schedule_id
            where m.schedule_id = d.schedule_id and m.first_day = d.first_day and m.recipient = d.recipient returning m.schedule_id, s.name, s.report, m.first_day, m.last_day, m.recipient, m.attempts
            """,
            most, now, until);
        return await command.ReadAllAsync(r => new DueReport(r.GetGuid(0), r.GetString(1), r.GetString(2), r.GetFieldValue<DateOnly>(3), r.GetFieldValue<DateOnly>(4), r.GetString(5), r.GetInt32(6)), cancellationToken);
    }

    /// <param name="fault">Null when it was delivered.</param>
    /// <param name="givenUp">What has waited since before is dead.</param>
    public static async Task EndAsync(NpgsqlConnection connection, DueReport due, string? fault, DateTimeOffset now, DateTimeOffset nextAt, DateTimeOffset givenUp, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update report_mailings set next_at = $6, state = case when $4 then 'delivered' when queued_at <= $7 then 'dead' else state end, finished_at = case when $4 or queued_at <= $7 then $5 end, fault = $8
            where schedule_id = $1 and first_day = $2 and recipient = $3
            """,
            connection).With(due.Schedule, due.First, due.Recipient, fault is null, now, nextAt, givenUp, TextParameter.Of(fault));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether something waits that was tried and not taken.</summary>
    public async Task<bool> HasFailedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select exists (select from report_mailings where state = 'waiting' and fault is not null)");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private NpgsqlCommand Command(string sql, params ReadOnlySpan<object> values) => dataSource.CreateCommand(sql).With(values);
}

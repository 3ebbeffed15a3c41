using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Ops;

namespace SmartCity.Core.Shifts;

/// <summary>Who is there, and what waits for them at this moment.</summary>
internal sealed class ShiftDuty(NpgsqlDataSource dataSource, OpsQuery ops, IOptions<AccessOptions> access, TimeProvider time)
{
    private const int MostAlerts = 50;

    private static readonly string[] Roles = [.. Role.All.Where(r => Role.ScopesOf(r).Contains(Scope.ShiftsWrite))];

    public async Task<ShiftWaiting> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var alerts = dataSource.CreateCommand(
            $"select id, priority, reason, station_id, captured_at, state, count(*) over ()::int from alerts where state in ('open', 'acknowledged', 'escalated') order by state = 'acknowledged', priority, raised_at desc, id limit {MostAlerts}");
        var found = await alerts.ReadAllAsync(r => (Alert: new ShiftAlert(r.GetGuid(0), r.GetInt32(1), r.GetString(2), r.GetString(3), r.Time(4), r.GetString(5)), All: r.GetInt32(6)), cancellationToken);
        await using var cases = dataSource.CreateCommand(
            "select case state when 'open' then kind when 'proposed' then 'second-person' else 'skipped' end as k, count(*)::int, min(captured_at) from review_cases where state in ('open', 'proposed', 'skipped') group by k order by count(*) desc, k");
        await using var disputes = dataSource.CreateCommand("select count(*)::int from charge_disputes where state = 'open'");
        return new ShiftWaiting(
            time.GetUtcNow(),
            found.Count == 0 ? 0 : found[0].All,
            found.ConvertAll(f => f.Alert),
            await cases.ReadAllAsync(r => new ShiftCases(r.GetString(0), r.GetInt32(1), r.Time(2)), cancellationToken),
            (int)(await disputes.ExecuteScalarAsync(cancellationToken))!,
            ShiftRules.Faults(await ops.RunAsync(cancellationToken)));
    }

    /// <summary>Users with a session that somebody has used within the idle limit. Users of an identity provider have none here.</summary>
    public async Task<List<string>> SignedInAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        await using var command = dataSource.CreateCommand("select distinct u.user_name from sessions s join users u on u.id = s.user_id where s.expires_at > $1 and s.last_seen_at > $2 and not u.disabled order by 1").With(now, now - access.Value.SessionIdle);
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    /// <summary>Users who may take a shift over.</summary>
    public async Task<List<string>> PeopleAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select user_name from users where not disabled and roles && $1 order by user_name").With((object)Roles);
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }
}

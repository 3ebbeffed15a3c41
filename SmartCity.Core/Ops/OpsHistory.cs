using Microsoft.Extensions.Options;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Ops;

/// <summary>Figures of ingest for each minute. Minutes that cannot be stored wait, for an hour at most.</summary>
internal sealed class OpsHistory(NpgsqlDataSource dataSource, IngestStatistics statistics, IOptions<OpsOptions> options, TimeProvider time)
{
    private const int MostWaiting = 60;

    private readonly Guid _core = Guid.NewGuid();
    private readonly ProcessUsage _usage = new(time);
    private readonly Lock _lock = new();
    private readonly List<OpsMinute> _waiting = [];
    private long _deadLetters;

    /// <summary>The beginning of the minute that a time belongs to.</summary>
    public static DateTimeOffset Minute(DateTimeOffset at) => new(at.UtcTicks - at.UtcTicks % TimeSpan.TicksPerMinute, TimeSpan.Zero);

    /// <summary>Records the minute that has just ended, from the statistics of the last sixty seconds.</summary>
    public void Close(DateTimeOffset minute)
    {
        var (sum, letters) = (statistics.Summarise(), statistics.DeadLetterCount);
        lock (_lock)
        {
            _waiting.Add(new OpsMinute(minute, sum.Count, null, statistics.LagSource().Sum(l => l.Records), sum.P50, sum.P99, letters - _deadLetters, _usage.Measure().CpuPercent));
            _deadLetters = letters;
            if (_waiting.Count > MostWaiting)
            {
                _waiting.RemoveAt(0);
            }
        }
    }

    public async Task WriteAsync(CancellationToken cancellationToken)
    {
        List<OpsMinute> minutes;
        lock (_lock)
        {
            minutes = [.. _waiting];
        }

        await using var insert = dataSource.CreateCommand(
            """
            insert into ops_minutes (minute, core, stored, lag, p50, p99, dead_letters, cpu_percent)
            select m.minute, $1, m.stored, m.lag, m.p50, m.p99, m.dead_letters, m.cpu from unnest($2, $3, $4, $5, $6, $7, $8) as m (minute, stored, lag, p50, p99, dead_letters, cpu)
            on conflict do nothing
            """);
        insert.Parameters.Add(new() { Value = _core });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.Minute).ToArray() });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.Stored!.Value).ToArray() });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.Lag!.Value).ToArray() });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.P50).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.P99).ToArray(), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Double });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.DeadLetters!.Value).ToArray() });
        insert.Parameters.Add(new() { Value = minutes.ConvertAll(m => m.CpuPercent!.Value).ToArray() });
        await insert.ExecuteNonQueryAsync(cancellationToken);
        lock (_lock)
        {
            _waiting.RemoveAll(minutes.Contains);
        }

        await using var delete = dataSource.CreateCommand("delete from ops_minutes where minute < $1");
        delete.Parameters.Add(new() { Value = time.GetUtcNow() - options.Value.HistoryFor });
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>The last minutes that are over, oldest first, each there: without figures where no core ran. Of several cores the times are the slowest's.</summary>
    public async Task<IReadOnlyList<OpsMinute>> FindAsync(int minutes, CancellationToken cancellationToken)
    {
        var end = Minute(time.GetUtcNow());
        await using var command = dataSource.CreateCommand(
            """
            select m, sum(o.stored)::bigint, sum(o.lag)::bigint, max(o.p50), max(o.p99), sum(o.dead_letters)::bigint, sum(o.cpu_percent)
            from generate_series($1, $2, interval '1 minute') m left join ops_minutes o on o.minute = m group by m order by m
            """);
        command.Parameters.Add(new() { Value = end.AddMinutes(-minutes) });
        command.Parameters.Add(new() { Value = end.AddMinutes(-1) });
        return await command.ReadAllAsync(
            r => r.IsDBNull(1)
                ? new OpsMinute(r.Time(0), null, null, null, null, null, null, null)
                : new OpsMinute(r.Time(0), r.GetInt64(1), Math.Round(r.GetInt64(1) / 60.0, 2), r.GetInt64(2), r.Double(3), r.Double(4), r.GetInt64(5), r.Double(6)),
            cancellationToken);
    }
}

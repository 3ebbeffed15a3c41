using Npgsql;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.AllInOne.Replay;

/// <summary>Reads what a replay left in Postgres and in the object store.</summary>
internal sealed class ReplayResults(IServiceProvider services, FrameTimes frames)
{
    private const string ArchivePrefix = "lake/city/sightings/data/";

    private readonly NpgsqlDataSource _data = services.GetRequiredService<NpgsqlDataSource>();

    public async Task<ReplaySummary> SummariseAsync(DateTimeOffset since, long frameCount, long sightings, long unread, TimeSpan elapsed, CancellationToken cancellationToken)
    {
        var stored = await StoredAsync(since, cancellationToken);
        return new ReplaySummary
        {
            Frames = frameCount,
            Sightings = sightings,
            Unread = unread,
            NewSightings = stored.Count,
            StoredSightings = await CountAsync("select count(*) from sightings", cancellationToken),
            Passages = await CountAsync("select count(*) from passages", cancellationToken),
            Charges = await ChargesAsync(cancellationToken),
            NewCharges = await CountAsync("select count(*) from charge_entries where recorded_at >= $1", cancellationToken, since),
            Alerts = await CountAsync("select count(*) from alerts", cancellationToken),
            DeadLetters = await CountAsync("select count(*) from dead_letters", cancellationToken),
            ReviewCases = await CountAsync("select count(*) from review_cases", cancellationToken),
            Archive = await ArchiveAsync(cancellationToken),
            CaptureToStored = Percentiles(stored),
            Seconds = Math.Round(elapsed.TotalSeconds, 1),
        };
    }

    private Percentiles? Percentiles(List<(string? Trace, DateTime Stored)> stored)
    {
        var milliseconds = stored
            .Select(s => s.Trace is null ? null : frames.Until(s.Trace, s.Stored))
            .OfType<TimeSpan>()
            .Select(t => t.TotalMilliseconds)
            .Order()
            .ToList();
        return milliseconds.Count == 0 ? null : new Percentiles(At(0.5), At(0.99));

        double At(double share) => Math.Round(milliseconds[(int)Math.Min(milliseconds.Count - 1, share * milliseconds.Count)], 1);
    }

    private async Task<List<(string? Trace, DateTime Stored)>> StoredAsync(DateTimeOffset since, CancellationToken cancellationToken)
    {
        await using var command = _data.CreateCommand("select trace_id, stored_at from sightings where stored_at >= $1");
        command.Parameters.Add(new() { Value = since });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<(string?, DateTime)>();
        while (await reader.ReadAsync(cancellationToken))
        {
            rows.Add((reader.IsDBNull(0) ? null : reader.GetString(0), reader.GetDateTime(1)));
        }

        return rows;
    }

    private async Task<IReadOnlyDictionary<string, SchemeTotal>> ChargesAsync(CancellationToken cancellationToken)
    {
        await using var command = _data.CreateCommand(
            """
            select scheme, count(*), sum(amount)
            from (select scheme, plate, day, sum(amount) as amount from charge_entries group by scheme, plate, day having sum(amount) <> 0) standing
            group by scheme order by scheme
            """);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var totals = new Dictionary<string, SchemeTotal>(StringComparer.Ordinal);
        while (await reader.ReadAsync(cancellationToken))
        {
            totals[reader.GetString(0)] = new SchemeTotal(reader.GetInt64(1), reader.GetDecimal(2));
        }

        return totals;
    }

    private async Task<ArchiveTotal> ArchiveAsync(CancellationToken cancellationToken)
    {
        var (objects, bytes) = (0L, 0L);
        await foreach (var entry in services.GetRequiredService<IObjectStore>().ListAsync(ArchivePrefix, cancellationToken))
        {
            objects++;
            bytes += entry.Bytes;
        }

        return new ArchiveTotal(objects, bytes);
    }

    private async Task<long> CountAsync(string sql, CancellationToken cancellationToken, params object[] parameters)
    {
        await using var command = _data.CreateCommand(sql);
        command.Parameters.AddRange(Array.ConvertAll(parameters, p => new NpgsqlParameter { Value = p }));
        return (long)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

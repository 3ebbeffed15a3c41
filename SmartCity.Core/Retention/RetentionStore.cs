using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Retention;

/// <summary>Rows of <c>retention</c> and <c>retention_runs</c>.</summary>
internal sealed class RetentionStore(NpgsqlDataSource dataSource)
{
    public async Task<IReadOnlyDictionary<string, int>> DaysAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select kind, days from retention");
        return (await command.ReadAllAsync(r => (Kind: r.GetString(0), Days: r.GetInt32(1)), cancellationToken)).ToDictionary(r => r.Kind, r => r.Days);
    }

    /// <param name="change">Where given, what it has changed so far is seen.</param>
    public async Task<IReadOnlyList<RetentionView>> ListAsync(CancellationToken cancellationToken, AuditedChange? change = null)
    {
        const string Sql =
            """
            select r.kind, r.days, r.changed_by, r.changed_at, n.at, n.before, n.removed, n.kept, n.bytes, n.duration, n.error
            from retention r left join lateral (select * from retention_runs n where n.kind = r.kind order by n.id desc limit 1) n on true
            """;
        await using var command = change?.Look(Sql) ?? dataSource.CreateCommand(Sql);
        var rows = await command.ReadAllAsync(
            r =>
            {
                var kind = r.GetString(0);
                var (least, most) = RetentionRules.Limits(kind);
                return new RetentionView(
                    kind, RetentionRules.What(kind), r.GetInt32(1), least, most, r.Text(2), r.IsDBNull(3) ? null : r.Time(3),
                    r.IsDBNull(4) ? null : new RetentionRun(r.Time(4), r.Time(5), r.GetInt64(6), r.GetInt64(7), r.GetInt64(8), r.GetFieldValue<TimeSpan>(9), r.Text(10)));
            },
            cancellationToken);
        return [.. RetentionRules.Kinds.Select(k => rows.Single(r => r.Kind == k))];
    }

    public static async Task ChangeAsync(AuditedChange change, string kind, int days, string by, DateTimeOffset at, CancellationToken cancellationToken)
    {
        await using var command = (await change.CommandAsync("update retention set days = $2, changed_by = $3, changed_at = $4 where kind = $1", cancellationToken)).With(kind, days, by, at);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public async Task NoteAsync(string kind, RetentionRun run, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("insert into retention_runs (kind, at, before, removed, kept, bytes, duration, error) values ($1, $2, $3, $4, $5, $6, $7, $8)");
        foreach (var value in (object[])[kind, run.At, run.Before, run.Removed, run.Kept, run.Bytes, run.Duration])
        {
            command.Parameters.Add(new() { Value = value });
        }

        command.Parameters.Add(new() { Value = (object?)run.Error ?? DBNull.Value, NpgsqlDbType = NpgsqlDbType.Text });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

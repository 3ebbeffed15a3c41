using System.Collections.Concurrent;
using System.Globalization;
using Npgsql;

namespace SmartCity.Core.Sightings;

/// <summary>The day tables of <c>sightings</c>, made when the first sighting of a UTC day comes.</summary>
public sealed class SightingPartitions(NpgsqlDataSource dataSource)
{
    // Serialises those who attach to the same parent.
    private const long AdvisoryLock = 0x5369676874446179;

    private readonly ConcurrentDictionary<DateOnly, bool> _known = new();

    /// <summary>Makes the tables of these days where they are missing, in a transaction of its own: readers are not held up, and a batch that fails leaves at most an empty day.</summary>
    public async Task EnsureAsync(IEnumerable<DateOnly> days, CancellationToken cancellationToken)
    {
        foreach (var day in days.Where(d => !_known.ContainsKey(d)).Order())
        {
            await CreateAsync(day, cancellationToken);
            _known.TryAdd(day, true);
        }
    }

    /// <summary>Forgets what is known of tables: someone has dropped one.</summary>
    public void Forget() => _known.Clear();

    /// <summary>Whether a write failed because a day has no table any more: another core has dropped it. After <see cref="Forget"/> the same write succeeds.</summary>
    public static bool IsMissing(Exception e) => e is PostgresException { SqlState: PostgresErrorCodes.CheckViolation, TableName: "sightings", ConstraintName: null };

    private async Task CreateAsync(DateOnly day, CancellationToken cancellationToken)
    {
        var table = string.Create(CultureInfo.InvariantCulture, $"sightings_{day:yyyyMMdd}");
        var from = string.Create(CultureInfo.InvariantCulture, $"{day:yyyy-MM-dd}T00:00:00Z");
        var to = string.Create(CultureInfo.InvariantCulture, $"{day.AddDays(1):yyyy-MM-dd}T00:00:00Z");
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // Attaching takes a lighter lock on the parent than "create table … partition of" does.
        // Identifiers can't be parameters; these come from a date alone.
        await using var batch = new NpgsqlBatch(connection, transaction)
        {
            BatchCommands =
            {
                new($"select pg_advisory_xact_lock({AdvisoryLock.ToString(CultureInfo.InvariantCulture)})"),
                new(
                    $"""
                    do $do$ begin
                        if to_regclass('{table}') is null then
                            create table {table} (like sightings including defaults including constraints);
                            alter table sightings attach partition {table} for values from ('{from}') to ('{to}');
                        end if;
                    end $do$
                    """),
            },
        };
        await batch.ExecuteNonQueryAsync(cancellationToken);

        await transaction.CommitAsync(cancellationToken);
    }
}

using System.Collections.Concurrent;
using Npgsql;

namespace SmartCity.Core.Sightings;

/// <summary>The day tables of <c>sightings</c>, made when the first sighting of a UTC day comes.</summary>
public sealed class SightingPartitions(NpgsqlDataSource dataSource)
{
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
        await using var command = dataSource.CreateCommand("select make_sightings_day($1)");
        command.Parameters.Add(new() { Value = day });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

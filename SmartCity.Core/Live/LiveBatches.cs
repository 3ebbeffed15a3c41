using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Api;

namespace SmartCity.Core.Live;

/// <summary>
/// The newest sightings of each batch, written in the batch's own transaction: whoever watches the live feed of one core hears of those that another one stored.
/// </summary>
public sealed class LiveBatches
{
    /// <summary>More than a screen shows of one batch.</summary>
    public const int MostSightings = 100;

    // From this statement to its commit no batch takes as long.
    private const string Kept = "interval '1 minute'";

    // Of this core, as long as it runs.
    private readonly Guid _core = Guid.NewGuid();

    /// <summary>For the transaction of a batch, at its end; null when it has nothing to tell.</summary>
    public NpgsqlBatchCommand? Of(IEnumerable<Sighting> sightings)
    {
        var newest = sightings.OrderByDescending(s => s.CapturedAt).Take(MostSightings).ToList();
        return newest.Count == 0 ? null : new NpgsqlBatchCommand("insert into live_batches (id, core, from_at, to_at, sightings) values ($1, $2, $3, $4, $5)")
        {
            Parameters =
            {
                new() { Value = Guid.CreateVersion7() }, new() { Value = _core }, new() { Value = newest[^1].CapturedAt }, new() { Value = newest[0].CapturedAt },
                new() { Value = newest.Select(s => s.Id).ToArray() },
            },
        };
    }

    /// <summary>What other cores have stored within the last minute.</summary>
    internal async Task<List<LiveBatch>> OfOthersAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select id, from_at, to_at, sightings from live_batches where at > clock_timestamp() - {Kept} and core <> $1 order by at, id");
        command.Parameters.Add(new() { Value = _core });
        return await command.ReadAllAsync(r => new LiveBatch(r.GetGuid(0), r.Time(1), r.Time(2), r.GetFieldValue<Guid[]>(3)), cancellationToken);
    }

    /// <summary>Nobody asks for what is older any more.</summary>
    internal static async Task ForgetAsync(NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"delete from live_batches where id in (select id from live_batches where at < clock_timestamp() - {Kept} for update skip locked)");
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

/// <param name="From">Capture time of its oldest sighting told.</param>
/// <param name="To">Capture time of its newest.</param>
internal sealed record LiveBatch(Guid Id, DateTimeOffset From, DateTimeOffset To, Guid[] Sightings);

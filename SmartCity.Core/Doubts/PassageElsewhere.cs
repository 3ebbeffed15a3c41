using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Doubts;

/// <summary>Where and when a plate passed.</summary>
internal sealed record PassageElsewhere(string Plate, string StationId, DateTimeOffset FirstAt, DateTimeOffset LastAt)
{
    // Vehicles that stand before a camera for longer are not looked for.
    private static readonly TimeSpan Longest = TimeSpan.FromHours(1);

    /// <summary>Time between the passage and a moment; zero within it.</summary>
    public TimeSpan Apart(DateTimeOffset at) => at < FirstAt ? FirstAt - at : at > LastAt ? at - LastAt : TimeSpan.Zero;

    /// <summary>
    /// Passages of the readings' plates around them, at every station. To the end of the transaction no other batch does the same: of two that
    /// see one plate at two places, the second finds what the first has stored.
    /// </summary>
    public static async Task<ILookup<string, PassageElsewhere>> AroundAsync(
        NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyList<ChargeableSighting> readings, TimeSpan reach, CancellationToken cancellationToken)
    {
        await using (var turn = new NpgsqlCommand("select pg_advisory_xact_lock(6, 0)", connection, transaction))
        {
            await turn.ExecuteNonQueryAsync(cancellationToken);
        }

        var windows = readings.GroupBy(r => r.Plate, StringComparer.Ordinal).Select(g => (Plate: g.Key, From: g.Min(r => r.CapturedAt), To: g.Max(r => r.CapturedAt))).ToList();
        // "offset 0" keeps the look-up by index whatever the planner believes of the table.
        await using var command = new NpgsqlCommand(
            """
            select p.* from unnest($1, $2, $3, $4) as w (plate, began_from, from_at, to_at)
            cross join lateral (
                select plate, station_id, first_at, last_at from passages
                where plate = w.plate and first_at >= w.began_from and first_at <= w.to_at and last_at >= w.from_at offset 0) as p
            """,
            connection,
            transaction)
        {
            Parameters =
            {
                new() { Value = windows.ConvertAll(w => w.Plate).ToArray() },
                new() { Value = windows.ConvertAll(w => w.From - reach - Longest).ToArray() },
                new() { Value = windows.ConvertAll(w => w.From - reach).ToArray() },
                new() { Value = windows.ConvertAll(w => w.To + reach).ToArray() },
            },
        };
        var found = await command.ReadAllAsync(r => new PassageElsewhere(r.GetString(0), r.GetString(1), r.Time(2), r.Time(3)), cancellationToken);
        return found.ToLookup(p => p.Plate, StringComparer.Ordinal);
    }
}

using System.Globalization;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Privacy;

namespace SmartCity.Core.Charges;

/// <summary>Days whose charges would change when they are worked out again, until a second person agrees to the very lines that the first one saw.</summary>
internal static class RederiveProposals
{
    /// <summary>What is not agreed to by then has to be proposed anew.</summary>
    public static readonly TimeSpan Kept = TimeSpan.FromDays(30);

    // What the core found by itself shows what waits, and is nobody's agreement.
    private const string Nobody = "";

    /// <summary>Keeps one inside the caller's transaction; a person's takes the place of an earlier one of theirs and of the core's.</summary>
    /// <param name="by">A person; null for the core itself.</param>
    public static async Task KeepAsync(NpgsqlConnection connection, VehicleDay day, string why, string? by, IReadOnlyList<ChargeView> lines, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with found as (delete from rederive_proposals where plate = $1 and day = $2 and proposed_by = $7 and $3 <> $7)
            insert into rederive_proposals (plate, day, proposed_by, why, proposed_at, lines)
                select $1, $2, $3, $4, $5, $6 where $3 <> $7 or not exists (select from rederive_proposals where plate = $1 and day = $2 and lines = $6 and proposed_by <> $7)
            on conflict (plate, day, proposed_by) do update set why = excluded.why, proposed_at = excluded.proposed_at, lines = excluded.lines
            """,
            connection)
        {
            Parameters = { new() { Value = day.Plate }, new() { Value = day.Day }, new() { Value = by ?? Nobody }, new() { Value = why }, new() { Value = now }, new() { Value = Lines(lines) }, new() { Value = Nobody } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Whether another person has proposed the same. Then all that was proposed for this day is done.</summary>
    public static async Task<bool> IsAgreedAsync(NpgsqlConnection connection, VehicleDay day, string by, IReadOnlyList<ChargeView> lines, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            with others as (select from rederive_proposals where plate = $1 and day = $2 and proposed_by not in ($3, $4) and lines = $5 and proposed_at >= $6)
            , done as (delete from rederive_proposals where plate = $1 and day = $2 and exists (select from others))
            select exists (select from others)
            """,
            connection)
        {
            Parameters =
            {
                new() { Value = day.Plate }, new() { Value = day.Day }, new() { Value = by }, new() { Value = Nobody }, new() { Value = Lines(lines) }, new() { Value = now - Kept },
            },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    /// <summary>Removes those that are too old to be agreed to.</summary>
    public static async Task ForgetAsync(NpgsqlDataSource dataSource, DateTimeOffset now, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("delete from rederive_proposals where proposed_at < $1");
        command.Parameters.Add(new() { Value = now - Kept });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Those that wait, newest first.</summary>
    public static async Task<List<ChargeProposal>> ListAsync(NpgsqlDataSource dataSource, bool restricted, DateTimeOffset now, int most, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            select plate, day, nullif(proposed_by, ''), why, proposed_at, coalesce(lines, array[]::text[]) from rederive_proposals
            where proposed_at >= $1 and {(restricted ? "true" : Restricted.Not("plate"))} order by proposed_at desc, plate, day limit $2
            """);
        command.Parameters.Add(new() { Value = now - Kept });
        command.Parameters.Add(new() { Value = most });
        return await command.ReadAllAsync(r => new ChargeProposal(r.GetString(0), r.GetFieldValue<DateOnly>(1), r.Text(2), r.GetString(3), r.Time(4), r.GetFieldValue<string[]>(5)), cancellationToken);
    }

    /// <summary>What a line comes to, whichever sighting it rests on.</summary>
    public static string Line(ChargeView line) => string.Create(CultureInfo.InvariantCulture, $"{line.Scheme} {line.Amount:0.00} {line.Currency}");

    private static string[] Lines(IEnumerable<ChargeView> lines) => [.. lines.Select(Line).Order(StringComparer.Ordinal)];
}

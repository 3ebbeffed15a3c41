using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;
using SmartCity.Core.Review;

namespace SmartCity.Core.Charges;

/// <summary>Works charges out again when the registry, not a reading, was what was wrong.</summary>
public sealed class ChargeCorrections(NpgsqlDataSource dataSource, ChargeLedger ledger, ChargingCity city, IOptions<ReviewOptions> options, TimeProvider time)
{
    private const string BeforeLines = "before_lines";

    /// <summary>
    /// Works out again what a vehicle owes for a day, with what the registry now says of that day. Where two people are asked for, what changes the ledger waits
    /// until a second person asks for it and it comes to the same.
    /// </summary>
    /// <param name="change">The call's that it belongs to; null for a transaction of its own.</param>
    /// <returns>The lines added to the ledger, or, while it waits, those that would be.</returns>
    public Task<(IReadOnlyList<ChargeView> Lines, bool Waits)> RederiveAsync(VehicleDay day, string why, string by, CancellationToken cancellationToken, AuditedChange? change = null) =>
        CorrectionGate.CorrectAsync(dataSource, [day.Plate], correction => RederiveAsync(correction, day, why, by, cancellationToken), cancellationToken, change);

    private async Task<(IReadOnlyList<ChargeView> Lines, bool Waits)> RederiveAsync(Correction correction, VehicleDay day, string why, string by, CancellationToken cancellationToken)
    {
        var (connection, transaction) = (correction.Connection, correction.Transaction);
        await transaction.SaveAsync(BeforeLines, cancellationToken);
        var added = await ledger.RederiveAsync(connection, transaction, [day], why, cancellationToken);
        var waits = options.Value.TwoPeople && added.Count > 0 && !await RederiveProposals.IsAgreedAsync(connection, day, by, added, time.GetUtcNow(), cancellationToken);
        if (waits)
        {
            await transaction.RollbackAsync(BeforeLines, cancellationToken);
            await RederiveProposals.KeepAsync(connection, day, why, by, added, time.GetUtcNow(), cancellationToken);
        }

        await correction.CommitAsync(cancellationToken);
        return (added, waits);
    }

    /// <summary>
    /// Settles the cases that waited for the registry to know a vehicle, those that were put off too: its days are charged. A case that still cannot be decided stays open.
    /// Days that were decided before stay as they are, and what two people are asked for waits for them. Gives the lines added to the ledger.
    /// </summary>
    /// <param name="by">The person who has changed the registry; null where nobody in particular has.</param>
    public async Task<IReadOnlyList<ChargeView>> SettleAsync(IReadOnlyCollection<string> plates, string? by, CancellationToken cancellationToken)
    {
        // A batch that found the registry without the vehicle may not have stored its case yet.
        await CorrectionGate.AwaitBatchesAsync(dataSource, cancellationToken);
        var open = await OpenAsync(plates, cancellationToken);
        var added = new List<ChargeView>();
        foreach (var some in open.Chunk(CorrectionGate.MostPlates))
        {
            added.AddRange(await CorrectionGate.CorrectAsync(dataSource, some, correction => SettleAsync(correction, some, by, cancellationToken), cancellationToken));
        }

        return added;
    }

    private async Task<IReadOnlyList<ChargeView>> SettleAsync(Correction correction, string[] plates, string? by, CancellationToken cancellationToken)
    {
        var (connection, transaction) = (correction.Connection, correction.Transaction);
        var days = await CloseAsync(connection, transaction, plates, cancellationToken);
        var added = await ledger.SettleAsync(connection, transaction, days, "The registry has learnt of the vehicle.", by, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    // Those of the plates that have an open case.
    private async Task<List<string>> OpenAsync(IReadOnlyCollection<string> plates, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            "select distinct plate from review_cases where state in ('open', 'proposed', 'skipped') and plate = any($1) and kind in ('unregistered', 'unclassified')");
        command.Parameters.Add(new() { Value = plates.ToArray() });
        return await command.ReadAllAsync(r => r.GetString(0), cancellationToken);
    }

    private async Task<List<VehicleDay>> CloseAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<string> plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            update review_cases set state = 'settled', resolved_by = null, resolved_at = $2
            where state in ('open', 'proposed', 'skipped') and plate = any($1) and kind in ('unregistered', 'unclassified') and exists (select from vehicles v where v.plate = review_cases.plate)
            returning plate, captured_at
            """,
            connection,
            transaction)
        {
            Parameters = { new() { Value = plates.ToArray() }, new() { Value = time.GetUtcNow() } },
        };
        var days = await command.ReadAllAsync(r => new VehicleDay(r.GetString(0), city.DayOf(r.Time(1))), cancellationToken);
        return [.. days.Distinct()];
    }
}

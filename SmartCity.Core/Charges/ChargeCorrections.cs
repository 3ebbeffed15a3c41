using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Database;

namespace SmartCity.Core.Charges;

/// <summary>Works charges out again when the registry, not a reading, was what was wrong.</summary>
public sealed class ChargeCorrections(NpgsqlDataSource dataSource, ChargeLedger ledger, TimeProvider time)
{
    /// <summary>Works out again what a vehicle owes for a day, with the registry as it is now; gives the lines added to the ledger.</summary>
    public async Task<IReadOnlyList<ChargeView>> RederiveAsync(VehicleDay day, string why, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await CorrectionGate.TakeAsync(connection, transaction, cancellationToken);
        var added = await ledger.RederiveAsync(connection, transaction, [day], why, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    /// <summary>
    /// Settles the cases that waited for the registry to know a vehicle, those that were put off too: its days are charged. A case that still cannot be decided stays open.
    /// Days that were decided before stay as they are. Gives the lines added to the ledger.
    /// </summary>
    public async Task<IReadOnlyList<ChargeView>> SettleAsync(IReadOnlyCollection<string> plates, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        // The gate first: a batch that found the registry without the vehicle may not have stored its case yet.
        await CorrectionGate.TakeAsync(connection, transaction, cancellationToken);
        if (!await AnyOpenAsync(connection, transaction, plates, cancellationToken))
        {
            return [];
        }

        var days = await CloseAsync(connection, transaction, plates, cancellationToken);
        var added = await ledger.RederiveAsync(connection, transaction, days, "The registry has learnt of the vehicle.", cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return added;
    }

    private static async Task<bool> AnyOpenAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<string> plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "select exists (select from review_cases where state in ('open', 'proposed', 'skipped') and plate = any($1) and kind in ('unregistered', 'unclassified'))", connection, transaction)
        {
            Parameters = { new() { Value = plates.ToArray() } },
        };
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
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
        var days = await command.ReadAllAsync(r => new VehicleDay(r.GetString(0), ChargeRules.DayOf(r.Time(1))), cancellationToken);
        return [.. days.Distinct()];
    }
}

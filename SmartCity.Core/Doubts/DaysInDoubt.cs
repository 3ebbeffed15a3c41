using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;

namespace SmartCity.Core.Doubts;

/// <summary>Days that are to be worked out again because something speaks against a reading: kept with the batch that found it, so that a crash leaves none undone.</summary>
public sealed class DaysInDoubt(NpgsqlDataSource dataSource, ChargeLedger ledger)
{
    private const int AtOnce = 100;

    /// <summary>Keeps days inside the transaction of the batch.</summary>
    public async Task KeepAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, IReadOnlyCollection<VehicleDay> days, CancellationToken cancellationToken)
    {
        if (days.Count == 0)
        {
            return;
        }

        var ordered = days.OrderBy(d => d.Plate, StringComparer.Ordinal).ThenBy(d => d.Day).ToList();
        await using var command = new NpgsqlCommand("insert into charge_days_in_doubt (plate, day) select * from unnest($1, $2) on conflict do nothing", connection, transaction)
        {
            Parameters = { new() { Value = ordered.ConvertAll(d => d.Plate).ToArray() }, new() { Value = ordered.ConvertAll(d => d.Day).ToArray() } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Works out the days that were kept; gives the lines added to the ledger.</summary>
    public async Task<IReadOnlyList<ChargeView>> WorkOffAsync(CancellationToken cancellationToken)
    {
        var added = new List<ChargeView>();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        while (await AnyAsync(connection, cancellationToken))
        {
            var plates = await PlatesAsync(connection, cancellationToken);
            added.AddRange(await CorrectionGate.CorrectAsync(dataSource, plates, correction => WorkOffAsync(correction, plates, cancellationToken), cancellationToken));
        }

        return added;
    }

    private async Task<IReadOnlyList<ChargeView>> WorkOffAsync(Correction correction, string[] plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("delete from charge_days_in_doubt where plate = any($1) returning plate, day", correction.Connection, correction.Transaction)
        {
            Parameters = { new() { Value = plates } },
        };
        var days = await command.ReadAllAsync(r => new VehicleDay(r.GetString(0), r.GetFieldValue<DateOnly>(1)), cancellationToken);
        var added = await ledger.SettleAsync(correction.Connection, correction.Transaction, days, "Another sighting speaks against one of the day's readings; a person decides.", null, cancellationToken);
        await correction.Transaction.CommitAsync(cancellationToken);
        return added;
    }

    // Some of those that have days.
    private static async Task<string[]> PlatesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select distinct plate from charge_days_in_doubt order by plate limit $1", connection) { Parameters = { new() { Value = AtOnce } } };
        return [.. await command.ReadAllAsync(r => r.GetString(0), cancellationToken)];
    }

    private static async Task<bool> AnyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select exists (select from charge_days_in_doubt)", connection);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

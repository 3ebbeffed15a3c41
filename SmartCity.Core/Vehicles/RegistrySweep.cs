using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Doubts;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Vehicles;

/// <summary>
/// Settles what an interruption left: cases that wait for a vehicle which the registry knows by now, and days in doubt that were not worked out. Each vehicle is tried
/// once, and again when its record changes, so a case that a person has to decide stays with them. What the registry was told of a day to come is put in place when the day has come.
/// </summary>
internal sealed class RegistrySweep(NpgsqlDataSource dataSource, VehicleRegistry registry, ChargeCorrections corrections, DaysInDoubt inDoubt, ChargingCity city, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<RegistrySweep> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "registry sweep";
    private const int AtOnce = 1_000;

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(5);

    private Dictionary<string, uint> _tried = [];
    private DateOnly _begun;

    /// <summary>Settles what can be settled now; the number of lines that the ledger got.</summary>
    public async Task<int> SweepAsync(CancellationToken cancellationToken)
    {
        // Once a day is enough: what an import brings for today it writes itself.
        var today = city.Today(time);
        if (_begun != today)
        {
            await registry.BeginDueAsync(cancellationToken);
            _begun = today;
        }

        var added = (await inDoubt.WorkOffAsync(cancellationToken)).Count;
        var waiting = await WaitingAsync(cancellationToken);
        foreach (var plates in waiting.Where(w => !_tried.TryGetValue(w.Key, out var version) || version != w.Value).Select(w => w.Key).Chunk(AtOnce))
        {
            added += (await corrections.SettleAsync(plates, null, cancellationToken)).Count;
        }

        _tried = waiting;
        return added;
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, time);
        do
        {
            try
            {
                if (await SweepAsync(stoppingToken) is > 0 and var added)
                {
                    Logger.LogInformation("The ledger got {Lines} lines for vehicles and days that an interruption had left.", added);
                }

                Health.Healthy(Worker);
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"Cases that wait for vehicles of the registry are not looked through for now: {e.Message}");
                Logger.LogWarning("Cases that wait for vehicles of the registry are not looked through for now: {Error}", e.Message);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    // With the version of the vehicle's row.
    private async Task<Dictionary<string, uint>> WaitingAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            select distinct v.plate, v.xmin from review_cases c join vehicles v on v.plate = c.plate
            where c.state in ('open', 'proposed', 'skipped') and c.kind in ('unregistered', 'unclassified')
            """);
        return (await command.ReadAllAsync(r => (Plate: r.GetString(0), Version: r.GetFieldValue<uint>(1)), cancellationToken)).ToDictionary(w => w.Plate, w => w.Version, StringComparer.Ordinal);
    }
}

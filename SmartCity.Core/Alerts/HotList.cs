using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Which plates may be of interest, in memory. It only sifts: whether an entry holds at a passage's time is asked of Postgres, so an entry that
/// was taken away needs no word here, and a new one is told by a notification within a second.
/// </summary>
public sealed class HotList(NpgsqlDataSource dataSource, DatabaseStartup database, IOptions<CoreOptions> options, WorkerHealth health, TimeProvider time, ILogger<HotList> logger) : BackgroundService
{
    /// <summary>The notification's channel; its payload is a pattern, or empty when there are too many to tell.</summary>
    public const string Channel = "hotlist";

    private const string Worker = "hot-list";
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private readonly PackedPlates _exact = new();
    private volatile string[] _patterns = [];

    /// <summary>Exact entries in memory.</summary>
    public int Count => _exact.Count;

    /// <summary>Whether an entry may match; false is certain.</summary>
    public bool MayMatch(string plate) => _exact.Contains(plate) || _patterns.Any(p => PlatePattern.Matches(p, plate));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        health.Starting(Worker, "waiting for the database");
        await database.Ready.WaitAsync(stoppingToken);
        if (options.Value.DemoRegistry)
        {
            await SeedAsync(stoppingToken);
        }

        while (true)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                health.Degraded(Worker, $"Changes of the hot-list are not heard: {e.Message}");
                logger.LogWarning("Changes of the hot-list are not heard: {Error}", e.Message);
                await Task.Delay(Again, time, stoppingToken);
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        // Listening before loading: what changes meanwhile is heard afterwards.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var reload = false;
        connection.Notification += (_, note) =>
        {
            if (note.Payload.Length == 0)
            {
                reload = true;
            }
            else if (PlatePattern.IsExact(note.Payload))
            {
                _exact.Add(PackedPlates.Pack(note.Payload));
            }
            else
            {
                _patterns = [.. _patterns, note.Payload];
            }
        };
        await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        while (true)
        {
            reload = false;
            await LoadAsync(cancellationToken);
            while (!reload)
            {
                health.Healthy(Worker, $"{Count} plates, {_patterns.Length} patterns");
                await connection.WaitAsync(cancellationToken);
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var count = new NpgsqlCommand("select count(*) from hotlist_entries where pattern !~ '[?*]'", connection);
        var keys = new List<ulong>(Convert.ToInt32(await count.ExecuteScalarAsync(cancellationToken), System.Globalization.CultureInfo.InvariantCulture));
        var patterns = new List<string>();
        await using (var export = await connection.BeginBinaryExportAsync("copy (select pattern from hotlist_entries) to stdout (format binary)", cancellationToken))
        {
            while (await export.StartRowAsync(cancellationToken) >= 0)
            {
                var pattern = await export.ReadAsync<string>(cancellationToken);
                if (PlatePattern.IsExact(pattern))
                {
                    keys.Add(PackedPlates.Pack(pattern));
                }
                else
                {
                    patterns.Add(pattern);
                }
            }
        }

        _exact.Replace([.. keys]);
        _patterns = [.. patterns];
        logger.LogInformation("The hot-list holds {Plates} plates and {Patterns} patterns.", keys.Count, patterns.Count);
    }

    private async Task SeedAsync(CancellationToken cancellationToken)
    {
        foreach (var (index, reason, priority) in DemoRegistry.HotList)
        {
            await using var command = dataSource.CreateCommand(
                "insert into hotlist_entries (id, pattern, reason, priority, requested_by) select $1, $2, $3, $4, 'demo' where not exists (select 1 from hotlist_entries where pattern = $2)");
            command.Parameters.Add(new() { Value = Guid.CreateVersion7(time.GetUtcNow()) });
            command.Parameters.Add(new() { Value = DemoRegistry.Vehicle(index).Plate });
            command.Parameters.Add(new() { Value = reason });
            command.Parameters.Add(new() { Value = priority });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}

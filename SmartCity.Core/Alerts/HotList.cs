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
    /// <summary>The notification's channel; its payload is patterns separated by spaces, or empty to have the whole list read again.</summary>
    public const string Channel = "hotlist";

    private const string Worker = "hot-list";
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);

    private const int MostAdded = 200_000;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(5);

    private readonly PackedPlates _exact = new();
    private readonly Lock _changing = new();
    private volatile string[] _patterns = [];
    private List<string>? _meanwhile;

    /// <summary>Exact entries in memory.</summary>
    public int Count => _exact.Count;

    /// <summary>Whether an entry may match; false is certain.</summary>
    public bool MayMatch(string plate) => _exact.Contains(plate) || _patterns.Any(p => PlatePattern.Matches(p, plate));

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "waiting for the database");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        if (options.Value.DemoRegistry)
        {
            await SeedAsync(stoppingToken);
        }

        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                health.Degraded(Worker, $"Changes of the hot-list do not take effect for now: {e.Message}");
                logger.LogWarning("Changes of the hot-list do not take effect until the core can reach Postgres again; it keeps trying: {Error}", e.Message);
                await Task.Delay(Again, time, stoppingToken);
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        // Listening before loading: what changes meanwhile is heard at once and outlives the loading.
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var reload = true;
        connection.Notification += (_, note) =>
        {
            reload |= note.Payload.Length == 0;
            Add(note.Payload.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        };
        await using (var listen = new NpgsqlCommand($"listen {Channel}", connection))
        {
            await listen.ExecuteNonQueryAsync(cancellationToken);
        }

        var loading = Task.CompletedTask;
        try
        {
            while (true)
            {
                if ((reload || _exact.Added > MostAdded) && loading.IsCompleted)
                {
                    reload = false;
                    loading = LoadAsync(cancellationToken);
                }

                await connection.WaitAsync(Look, cancellationToken);
                if (loading.IsCompleted)
                {
                    await loading;
                    health.Healthy(Worker, $"{Count} plates, {_patterns.Length} patterns");
                }
            }
        }
        finally
        {
            await loading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private void Add(string[] patterns)
    {
        _exact.Add([.. patterns.Where(PlatePattern.IsExact).Select(p => PackedPlates.Pack(p))]);
        if (patterns.Where(p => !PlatePattern.IsExact(p)).ToArray() is { Length: > 0 } wild)
        {
            lock (_changing)
            {
                _patterns = [.. _patterns.Union(wild, StringComparer.Ordinal)];
                _meanwhile?.AddRange(wild);
            }
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        _exact.BeginReplace();
        lock (_changing)
        {
            _meanwhile = [];
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var patterns = new List<string>();
        var keys = Array.Empty<ulong>();
        var filled = 0;
        await using (var export = await connection.BeginBinaryExportAsync("copy (select pattern from hotlist_entries) to stdout (format binary)", cancellationToken))
        {
            while (await export.StartRowAsync(cancellationToken) >= 0)
            {
                var pattern = await export.ReadAsync<string>(cancellationToken);
                if (!PlatePattern.IsExact(pattern))
                {
                    patterns.Add(pattern);
                    continue;
                }

                if (filled == keys.Length)
                {
                    Array.Resize(ref keys, Math.Max(1024, filled + filled / 4));
                }

                keys[filled++] = PackedPlates.Pack(pattern);
            }
        }

        Array.Resize(ref keys, filled);
        _exact.Replace(keys);
        lock (_changing)
        {
            _patterns = [.. patterns.Union(_meanwhile, StringComparer.Ordinal)];
            _meanwhile = null;
        }

        health.Healthy(Worker, $"{Count} plates, {_patterns.Length} patterns");
        logger.LogInformation("The hot-list holds {Plates} plates and {Patterns} patterns.", filled, patterns.Count);
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

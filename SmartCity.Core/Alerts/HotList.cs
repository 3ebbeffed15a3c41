using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Alerts;

/// <summary>
/// Keeps the hot-list's sieve: loads every entry at start and asks what has changed four times a second. It listens to nothing, because a connection that
/// is open and carries nothing any more cannot be told from a quiet one; a question that is not answered can.
/// </summary>
public sealed class HotList(
    NpgsqlDataSource dataSource, DatabaseStartup database, HotListSieve sieve, RecentPassages passages, IOptions<CoreOptions> options, WorkerHealth health, TimeProvider time, ILogger<HotList> logger) : BackgroundService
{
    private const string Worker = "hot-list";
    private const int MostAdded = 200_000;
    private const int LeastToReload = 1_000_000;

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PatternsEvery = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan JudgedEvery = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);
    private const int MostNamed = 3;

    private int _loaded;
    private IReadOnlyDictionary<string, string> _tooWide = new Dictionary<string, string>();

    /// <summary>Exact entries in memory.</summary>
    public int Count => sieve.Count;

    /// <summary>Whether an entry may match; false is certain.</summary>
    public bool MayMatch(string plate) => sieve.MayMatch(plate);

    /// <summary>Why a pattern of the list matches too much of what passes, as of the last look; null when it does not.</summary>
    public string? WhyTooWide(string pattern) => _tooWide.GetValueOrDefault(pattern);

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "waiting for the database");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        if (options.Value.IsDemo())
        {
            await SeedAsync(stoppingToken);
        }

        await health.KeepAsync(Worker, RunAsync, logger, stoppingToken);
    }

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        var loading = LoadAsync(stoppingToken);
        var patternsAt = time.GetTimestamp();
        long? judgedAt = null;
        try
        {
            while (true)
            {
                try
                {
                    var readPatterns = time.GetElapsedTime(patternsAt) >= PatternsEvery;
                    await AnswerAsync(CatchUpAsync(readPatterns, stoppingToken), stoppingToken);
                    patternsAt = readPatterns ? time.GetTimestamp() : patternsAt;
                    if (loading.IsCompleted)
                    {
                        var loaded = loading;
                        loading = Task.CompletedTask;
                        await loaded;
                        loading = await TidyAsync(stoppingToken);
                        if (judgedAt is not { } judged || time.GetElapsedTime(judged) >= JudgedEvery)
                        {
                            await AnswerAsync(JudgeAsync(stoppingToken), stoppingToken);
                            judgedAt = time.GetTimestamp();
                        }

                        Report();
                    }

                    await Task.Delay(Look, time, stoppingToken);
                }
                catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is NpgsqlException or OperationCanceledException or TimeoutException)
                {
                    var why = e is NpgsqlException ? e.Message : $"Postgres has not answered for {Patience.TotalSeconds:0} s.";
                    health.Degraded(Worker, $"Changes of the hot-list are not read, so each batch of sightings has to: {why}");
                    logger.LogWarning("Changes of the hot-list are not read, so each batch of sightings has to; the core keeps trying: {Error}", why);
                    if (e is not NpgsqlException)
                    {
                        // What one connection met, others that wait in the pool have met as well.
                        dataSource.Clear();
                    }

                    loading = loading.IsCompleted && !sieve.IsLoaded ? LoadAsync(stoppingToken) : loading;
                    await Task.Delay(Again, time, stoppingToken);
                }
            }
        }
        finally
        {
            await loading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    // What passes changes, and so does what a pattern matches of it.
    private async Task JudgeAsync(CancellationToken cancellationToken) => _tooWide = sieve.Patterns == 0 ? new Dictionary<string, string>() : (await passages.ReadAsync(cancellationToken)).TooWide();

    private void Report()
    {
        var holds = $"{sieve.Count} plates, {sieve.Patterns} patterns";
        if (_tooWide.Count == 0)
        {
            health.Healthy(Worker, holds);
            return;
        }

        health.Degraded(Worker, $"{holds}. {(_tooWide.Count == 1 ? "One pattern matches" : $"{_tooWide.Count} patterns match")} too much of what passes, and whoever gets alerts is flooded: {string.Join(' ', _tooWide.Values.Take(MostNamed))}");
    }

    // A statement on a connection that carries nothing may not even heed its cancellation. It is left to itself then: what it reads late does no harm.
    private async Task AnswerAsync(Task reading, CancellationToken cancellationToken)
    {
        try
        {
            await reading.WaitAsync(Patience + Again, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            _ = reading.ContinueWith(left => logger.LogDebug("A question about the hot-list that had been given up has ended: {Error}", left.Exception?.Message), TaskScheduler.Default);
            throw;
        }
    }

    private async Task CatchUpAsync(bool readPatterns, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        await using var connection = await dataSource.OpenConnectionAsync(patience.Token);
        if (readPatterns)
        {
            await sieve.ReadPatternsAsync(connection, patience.Token);
        }

        await sieve.CatchUpAsync(connection, patience.Token);
    }

    // Entries that were removed stay in memory: they match too much, and nothing asks for them. They go when the list is read again, as it is once it has doubled, or when Postgres is another one than it was.
    private async Task<Task> TidyAsync(CancellationToken cancellationToken)
    {
        if (!sieve.IsLoaded || sieve.Count - _loaded > Math.Max(LeastToReload, _loaded))
        {
            return LoadAsync(cancellationToken);
        }

        if (sieve.Plates.Added > MostAdded)
        {
            await Task.Run(sieve.Plates.Merge, cancellationToken);
        }

        return Task.CompletedTask;
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        var load = sieve.BeginLoad();
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var keys = Array.Empty<ulong>();
        var filled = 0;
        await using (var export = await connection.BeginBinaryExportAsync("copy (select pattern from hotlist_entries) to stdout (format binary)", cancellationToken))
        {
            while (await export.StartRowAsync(cancellationToken) >= 0)
            {
                var pattern = await export.ReadAsync<string>(cancellationToken);
                if (!PlatePattern.IsExact(pattern))
                {
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
        sieve.Loaded(load, keys);
        _loaded = filled;
        logger.LogInformation("The hot-list holds {Plates} plates and {Patterns} patterns.", filled, sieve.Patterns);
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

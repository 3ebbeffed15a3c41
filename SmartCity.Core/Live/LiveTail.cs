using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.Core.Privacy;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Live;

/// <summary>
/// Tells the live feed of new alerts and of new lines of the ledger, as the database has them: also those that another core stored, that a person's decision made, and
/// those of a batch that was committed without anybody hearing of it; and of sightings that other cores stored. Each is told once; what is of restricted plates is not.
/// Of very many charges at once, the newest are told. While nobody watches, it asks nothing.
/// </summary>
internal sealed class LiveTail(
    NpgsqlDataSource dataSource, DatabaseStartup database, LiveFeed feed, LiveBatches batches, SightingQueries sightings, Restrictions restrictions, IOptions<LiveOptions> options, WorkerHealth health, TimeProvider time, ILogger<LiveTail> logger)
    : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "live feed";

    // The feed holds so many for whoever watches, and of more the oldest get lost on their way: charges leave room, and alerts come last.
    private const int NewestAlerts = LiveFeed.Buffer;
    private const int NewestCharges = LiveFeed.Buffer / 2;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan ForgetEvery = TimeSpan.FromMinutes(1);

    // By when they were made, which is not when others see them: so the newest are looked through each time, and those that were there are left out.
    private static readonly string NewAlerts = $"select {AlertSlice.Columns} from alerts where id = any($1) and joined_into is null order by raised_at, id";
    private static readonly string NewCharges = $"select {ChargeEntries.Columns} from shown_charges where id = any($1) order by recorded_at, id";

    private readonly Channel<bool> _woken = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private HashSet<Guid>? _alerts;
    private HashSet<Guid>? _charges;
    private HashSet<Guid>? _batches;
    private DateTimeOffset _forgetAt;

    /// <summary>Something was committed here: whoever looks is told at once.</summary>
    public void Wake()
    {
        if (feed.HasSubscribers)
        {
            _woken.Writer.TryWrite(true);
        }
    }

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            if (feed.TryRest())
            {
                (_alerts, _charges, _batches) = (null, null, null);
                await RestAsync(stoppingToken);
            }

            try
            {
                await LookAsync(stoppingToken);
                feed.Follows();
                await ForgetAsync(stoppingToken);
                Health.Healthy(Worker);
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"New alerts and charges, and what other cores store, appear late on the Live page: {e.Message}");
            }

            await Task.Delay(AtMostEvery, time, stoppingToken);
            await WaitAsync(stoppingToken);
        }
    }

    // Only what no screen will ask for any more is deleted meanwhile.
    private async Task RestAsync(CancellationToken stoppingToken)
    {
        var somebody = feed.SomebodyAsync(stoppingToken);
        Health.Healthy(Worker);
        while (!somebody.IsCompleted)
        {
            try
            {
                await ForgetAsync(stoppingToken);
            }
            catch (NpgsqlException e)
            {
                Logger.LogDebug(e, "What other cores told a minute ago cannot be deleted now.");
            }

            await Task.WhenAny(somebody, Task.Delay(ForgetEvery, time, stoppingToken));
        }

        await somebody;
    }

    private async Task ForgetAsync(CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (now >= _forgetAt)
        {
            _forgetAt = now + ForgetEvery;
            await LiveBatches.ForgetAsync(dataSource, cancellationToken);
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken);
        var (woken, later) = (_woken.Reader.WaitToReadAsync(either.Token).AsTask(), Task.Delay(Every, time, either.Token));
        await Task.WhenAny(woken, later);
        await either.CancelAsync();
        await Task.WhenAll(woken, later).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        stoppingToken.ThrowIfCancellationRequested();
        _woken.Reader.TryRead(out _);
    }

    private async Task LookAsync(CancellationToken cancellationToken)
    {
        var others = await batches.OfOthersAsync(dataSource, cancellationToken);
        foreach (var batch in _batches is { } told ? others.Where(b => !told.Contains(b.Id)) : [])
        {
            await TellAsync(batch, cancellationToken);
        }

        _batches = [.. others.Select(b => b.Id)];
        var charges = await NewestAsync("charge_entries", "recorded_at", NewestCharges, cancellationToken);
        foreach (var charge in await NewAsync(NewCharges, charges, _charges, ChargeEntries.Read, cancellationToken))
        {
            feed.Publish(new LiveEvent { Charge = charge });
        }

        _charges = charges;
        var alerts = await NewestAsync("alerts", "raised_at", NewestAlerts, cancellationToken);
        foreach (var alert in await NewAsync(NewAlerts, alerts, _alerts, AlertSlice.Read, cancellationToken))
        {
            feed.Publish(new LiveEvent { Alert = alert });
        }

        _alerts = alerts;
    }

    private async Task TellAsync(LiveBatch batch, CancellationToken cancellationToken)
    {
        var stored = await sightings.FindAsync(batch.Sightings, batch.From, batch.To, cancellationToken);
        var restricted = await restrictions.AmongAsync(stored.Select(s => s.Plate), cancellationToken);
        foreach (var view in stored.Where(s => s.Plate is null || !restricted.Contains(s.Plate)))
        {
            feed.Publish(new LiveEvent { Sighting = view });
        }
    }

    // Not before what is live: where newer ones were deleted, older ones would be among the newest again.
    private async Task<HashSet<Guid>> NewestAsync(string table, string at, int most, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand($"select id from {table} where {at} >= $1 order by {at} desc, id desc limit {most}");
        command.Parameters.Add(new() { Value = time.GetUtcNow() - options.Value.Window });
        return [.. await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken)];
    }

    // The first look is at what there is already.
    private async Task<List<T>> NewAsync<T>(string sql, HashSet<Guid> newest, HashSet<Guid>? known, Func<NpgsqlDataReader, T> read, CancellationToken cancellationToken)
    {
        if (known is null || !feed.HasSubscribers || newest.IsSubsetOf(known))
        {
            return [];
        }

        await using var command = dataSource.CreateCommand(sql);
        command.Parameters.Add(new() { Value = newest.Except(known).ToArray() });
        return await command.ReadAllAsync(read, cancellationToken);
    }
}

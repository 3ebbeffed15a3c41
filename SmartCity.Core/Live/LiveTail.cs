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
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Live;

/// <summary>
/// Tells the live feed of new alerts and of new lines of the ledger, as the database has them: also those that another core stored, that a person's decision made, and
/// those of a batch that was committed without anybody hearing of it. Each is told once; charges of restricted plates are not. Of very many charges at once, the newest are told.
/// </summary>
internal sealed class LiveTail(NpgsqlDataSource dataSource, DatabaseStartup database, LiveFeed feed, IOptions<LiveOptions> options, WorkerHealth health, TimeProvider time, ILogger<LiveTail> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "live feed";

    // The feed holds so many for whoever watches, and of more the oldest get lost on their way: charges leave room, and alerts come last.
    private const int NewestAlerts = LiveFeed.Buffer;
    private const int NewestCharges = LiveFeed.Buffer / 2;

    private static readonly TimeSpan Every = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan AtMostEvery = TimeSpan.FromMilliseconds(50);

    // By when they were made, which is not when others see them: so the newest are looked through each time, and those that were there are left out.
    private static readonly string NewAlerts = $"select {AlertSlice.Columns} from alerts where id = any($1) and joined_into is null order by raised_at, id";
    private static readonly string NewCharges = $"select {ChargeEntries.Columns} from shown_charges where id = any($1) order by recorded_at, id";

    private readonly Channel<bool> _woken = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private HashSet<Guid>? _alerts;
    private HashSet<Guid>? _charges;

    /// <summary>Something was committed here: whoever looks is told at once. Where nobody does, it looks no oftener than it would anyway.</summary>
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
            try
            {
                await LookAsync(stoppingToken);
                Health.Healthy(Worker);
            }
            catch (NpgsqlException e)
            {
                Health.Degraded(Worker, $"New alerts and charges appear late on the Live page: {e.Message}");
            }

            await Task.Delay(AtMostEvery, time, stoppingToken);
            await WaitAsync(stoppingToken);
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

using System.Threading.Channels;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Retention;

/// <summary>Once a day, removes records past their retention, one kind after the other, and records what it removed. If there are several cores, only one does this.</summary>
internal sealed class RetentionWorker(
    NpgsqlDataSource dataSource,
    RetentionStore store,
    AlertRetention alerts,
    EvidenceRetention evidence,
    SightingRetention sightings,
    ArchiveRetention archive,
    FunctionRetention functions,
    WrittenRetention written,
    AuditRetention audit,
    DatabaseStartup database,
    IOptions<RetentionOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<RetentionWorker> logger) : BackgroundService
{
    private const string Worker = "retention";

    private const long Turn = 0x526574656E74696F;
    private static readonly TimeSpan FirstWithin = TimeSpan.FromHours(1);

    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });

    /// <summary>Runs as soon as may be.</summary>
    public void Ask() => _asked.Writer.TryWrite(true);

    /// <summary>Removes records past their retention now. If one kind fails, its run says so, and the other kinds go on.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var turn = await AdvisoryTurn.TryTakeAsync(dataSource, Turn, cancellationToken);
        if (turn is null)
        {
            return;
        }

        var failed = new List<string>();
        foreach (var kind in RetentionRules.Kinds)
        {
            if (await RunAsync(kind, await store.DaysAsync(cancellationToken), cancellationToken) is { } error)
            {
                failed.Add($"{kind} stays for now: {error}");
            }
        }

        if (failed.Count == 0)
        {
            health.Healthy(Worker);
        }
        else
        {
            health.Degraded(Worker, string.Join(' ', failed));
        }
    }

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, "waiting for the database");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        health.Healthy(Worker);
        var wait = options.Value.Every < FirstWithin ? options.Value.Every : FirstWithin;
        while (true)
        {
            await WaitAsync(wait, stoppingToken);
            try
            {
                await RunAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                health.Degraded(Worker, $"No old records are removed for now: {e.Message}");
                logger.LogWarning(e, "No old records are removed for now; the core tries again.");
            }

            wait = options.Value.Every;
        }
    }

    private async Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        await await Task.WhenAny(Task.Delay(atMost, time, over.Token), _asked.Reader.WaitToReadAsync(over.Token).AsTask());
        await over.CancelAsync();
        _asked.Reader.TryRead(out _);
    }

    // The ledger stays; the days of its kind tell the next one which pictures of charges go. What waited too long for a second person is no charge.
    private async Task<Removal> ProposalsAsync(DateTimeOffset now, CancellationToken cancellationToken)
    {
        await RederiveProposals.ForgetAsync(dataSource, now, cancellationToken);
        return default;
    }

    private async Task<string?> RunAsync(string kind, IReadOnlyDictionary<string, int> days, CancellationToken cancellationToken)
    {
        var at = time.GetUtcNow();
        var started = time.GetTimestamp();
        var before = at - TimeSpan.FromDays(days[kind]);
        var removal = default(Removal);
        string? error = null;
        try
        {
            removal = kind switch
            {
                RetentionRules.Dismissed => await alerts.DismissedAsync(before, options.Value.BatchSize, cancellationToken),
                RetentionRules.Alerts => await alerts.OthersAsync(before, options.Value.BatchSize, cancellationToken),
                RetentionRules.Charges => await ProposalsAsync(at, cancellationToken),
                RetentionRules.Evidence => await evidence.RunAsync(before, at - TimeSpan.FromDays(days[RetentionRules.Charges]), options.Value.BatchSize, cancellationToken),
                RetentionRules.Sightings => await sightings.RunAsync(before, options.Value.BatchSize, cancellationToken),
                RetentionRules.Archive => await archive.RunAsync(before, cancellationToken),
                RetentionRules.Letters => await functions.RunAsync(before, options.Value.BatchSize, cancellationToken),
                RetentionRules.Shifts => await written.ShiftsAsync(before, options.Value.BatchSize, cancellationToken),
                RetentionRules.Notes => await written.NotesAsync(before, options.Value.BatchSize, cancellationToken),
                _ => new Removal(await audit.RunAsync(before, cancellationToken), 0, 0),
            };
            if (removal.Removed > 0)
            {
                logger.LogInformation("Retention of {Kind}: {Removed} older than {Before:u} were removed, and {Kept} were kept because something rests on them.", kind, removal.Removed, before, removal.Kept);
            }
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            error = e.Message;
            logger.LogWarning(e, "Retention of {Kind} failed and is tried again at the next run.", kind);
        }

        await store.NoteAsync(kind, new RetentionRun(at, before, removal.Removed, removal.Kept, removal.Bytes, time.GetElapsedTime(started), error), cancellationToken);
        return error;
    }
}

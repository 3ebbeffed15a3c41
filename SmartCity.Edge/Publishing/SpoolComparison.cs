using System.Text.Json;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Heartbeats;
using SmartCity.Edge.Mirroring;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// Compares each station's spool with what the core has of it, stretch by stretch of capture time, and sends again what the core lacks: whatever a
/// broker has lost between the two, by a power cut, by its retention or because it forgets, comes from the spool. Ids make repeats harmless.
/// </summary>
internal sealed class SpoolComparison(
    SightingPublisher publisher,
    CoreSightings core,
    EdgeKafkaFigures kafkas,
    IOptions<EdgeOptions> options,
    IOptions<MirrorOptions> mirror,
    WorkerHealth health,
    TimeProvider time,
    ILogger<SpoolComparison> logger) : BackgroundService
{
    // Until the core has answered for the first time; it may be starting beside this.
    private static readonly TimeSpan First = TimeSpan.FromSeconds(1);
    private const int QuietFailures = 5;

    // A database may have been put back to yesterday.
    private static readonly TimeSpan ExamineAllEvery = TimeSpan.FromHours(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(publisher.Spools.Select(spool => health.KeepAsync(Worker(spool), token => RunAsync(spool, token), logger, stoppingToken)));

    private static string Worker(StationSpool spool) => $"comparison with the core {spool.StationId}";

    // A broker inside the process: that it is empty after a start is how it works, and nothing to look after.
    private bool Forgets => (options.Value.BrokerPartitionBytes ?? mirror.Value.CorePartitionBytes) is not null;

    private async Task RunAsync(StationSpool spool, CancellationToken stoppingToken)
    {
        var (offsets, at) = (spool.Offsets, time.GetUtcNow());
        if (spool.AtCore is null)
        {
            spool.CountKept();
            if (core.CanBeAsked && Forgets)
            {
                spool.Stretches.Forget(); // such a broker began empty: nothing is on its way
            }
        }

        var examined = time.GetTimestamp();
        for (var failed = 0; ;)
        {
            if (time.GetElapsedTime(examined) > ExamineAllEvery)
            {
                examined = time.GetTimestamp();
                spool.Stretches.Reexamine();
            }

            (offsets, at) = HasLost(spool, offsets, at);
            try
            {
                if (core.CanBeAsked)
                {
                    await CompareAsync(spool, stoppingToken);
                }

                failed = 0;
                Report(spool);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is HttpRequestException or JsonException or OperationCanceledException)
            {
                if (++failed > QuietFailures)
                {
                    health.Degraded(Worker(spool), $"The core does not say which sightings it has: {e.Message}");
                }
            }

            await Task.Delay(spool.AtCore is null && core.CanBeAsked ? First : options.Value.CompareInterval, time, stoppingToken);
        }
    }

    // Whether the station's Kafka ends before what it acknowledged when it was last looked at.
    private (Dictionary<int, long> Offsets, DateTimeOffset At) HasLost(StationSpool spool, Dictionary<int, long> offsets, DateTimeOffset at)
    {
        if (kafkas.Of(spool.StationId) is not { Error: null } measured || measured.At <= at)
        {
            return (offsets, at);
        }

        if (offsets.Any(o => measured.Ends.GetValueOrDefault(o.Key) <= o.Value))
        {
            if (Forgets)
            {
                logger.LogInformation("Station {Station}: its Kafka broker runs inside the process and started empty. The edge sends what the core does not have from the spool.", spool.StationId);
            }
            else
            {
                logger.LogError("Station {Station}: its Kafka has lost records that it had acknowledged. The edge sends what the core does not have again from the spool.", spool.StationId);
            }

            spool.ForgetOffsets();
            if (core.CanBeAsked)
            {
                spool.Stretches.Forget();
            }
            else
            {
                spool.Rewind();
            }
        }

        return (spool.Offsets, time.GetUtcNow());
    }

    private async Task CompareAsync(StationSpool spool, CancellationToken cancellationToken)
    {
        var delivered = spool.Delivered;
        var stretches = spool.Stretches.All();
        var open = stretches.FindAll(s => s.Whole?.Kept != s.Count && s.End.CompareTo(delivered) <= 0 && s.Again is not { IsDone: false });
        var waiting = stretches.Where(s => s.Again is { IsDone: false }).Sum(s => (long)s.Again!.Ids.Count);
        var onTheWay = 0L;
        var (first, last) = open.Count > 0 ? (open[0].From, open[^1].From) : (EdgeSightings.StretchOf(time.GetUtcNow()), EdgeSightings.StretchOf(time.GetUtcNow()));
        var answer = await core.CountAsync(spool.StationId, first, last + EdgeSightings.Stretch, cancellationToken);
        if (answer.CompareHours is { Count: > 0 } hours && spool.Stretches.Ask(hours))
        {
            logger.LogWarning("Station {Station}: the core lacks sightings of {Count} hours that were published; they are compared again.", spool.StationId, hours.Count);
            await CompareAsync(spool, cancellationToken);
            return;
        }

        if (open.Count > 0)
        {
            var stored = answer.Stretches.ToDictionary(s => s.From, s => s.Count);
            foreach (var stretch in open)
            {
                var missing = stretch.Count - stored.GetValueOrDefault(stretch.From);
                if (missing == 0)
                {
                    spool.Stretches.IsWhole(stretch, stretch.Count);
                }
                else if (stretch.IsDue(answer.SentTo, time.GetUtcNow()))
                {
                    waiting += await AskAsync(spool, stretch, stored.GetValueOrDefault(stretch.From), cancellationToken);
                }
                else
                {
                    onTheWay += Math.Max(0, missing);
                }
            }
        }

        spool.AtCore = new CoreCount(time.GetUtcNow(), stretches.Where(s => s.End.CompareTo(delivered) <= 0).Sum(s => s.Count), onTheWay, waiting);
    }

    // Sends again what the core does not have of a stretch; returns how many.
    private async Task<int> AskAsync(StationSpool spool, SpoolStretch stretch, long stored, CancellationToken cancellationToken)
    {
        var missing = new HashSet<Guid>();
        foreach (var kept in spool.Of(stretch).GroupBy(s => s.Id).Select(g => (Id: g.Key, Revision: g.Max(s => s.Revision))).Chunk(EdgeSightings.MostIds))
        {
            var asked = new EdgeSightingsAsked(stretch.From, stretch.From + EdgeSightings.Stretch, [.. kept.Select(k => k.Id)]) { Revisions = [.. kept.Select(k => k.Revision)] };
            missing.UnionWith(await core.MissingAsync(spool.StationId, asked, cancellationToken));
        }

        if (missing.Count == 0)
        {
            // Some lie among the dead letters, or the spool has one twice.
            spool.Stretches.IsWhole(stretch, stored);
            return 0;
        }

        var again = new SpoolAgain([.. stretch.Parts.Values], missing);
        spool.Stretches.IsSentAgain(stretch, again);
        spool.SendAgain(again);
        logger.Log(Forgets ? LogLevel.Information : LogLevel.Warning, "Station {Station}: the core does not have {Count} of the {Kept} sightings captured from {From:u} on that Kafka had acknowledged. The edge sends them again.", spool.StationId, missing.Count, stretch.Count, stretch.From);
        return missing.Count;
    }

    private void Report(StationSpool spool)
    {
        if (spool.AtCore is { Missing: > 0 } count)
        {
            health.Degraded(Worker(spool), $"The core does not have {count.Missing} of {count.Kept} sightings that Kafka had acknowledged; they are sent again from the spool.");
        }
        else
        {
            health.Healthy(Worker(spool), spool.AtCore is { } known ? $"{known.Kept} sightings are kept here, {known.OnTheWay} of them are on their way to the core" : "there is no core to ask");
        }
    }
}

using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// Puts each station's pictures into the object store, beside the sightings and never in their way: wanted vehicles' first, then the newest. One
/// that the store refuses waits longer and longer, and the others pass it.
/// </summary>
internal sealed class PictureDelivery(SightingPublisher publisher, IObjectWriter objects, WorkerHealth health, TimeProvider time, ILogger<PictureDelivery> logger) : BackgroundService
{
    private const int Together = 4;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(publisher.Spools.Select(spool => health.KeepAsync(Worker(spool), token => DeliverAsync(spool, token), logger, stoppingToken)));

    private static string Worker(StationSpool spool) => $"pictures {spool.StationId}";

    private async Task DeliverAsync(StationSpool spool, CancellationToken stoppingToken)
    {
        spool.SweepPictures();
        string? error = null;
        for (var away = 0; ;)
        {
            var due = spool.Pictures.Queue.Next(Together);
            if (due.Count == 0)
            {
                Report(spool, error, away > 0);
                await spool.WaitForPicturesAsync(Idle, stoppingToken);
                continue;
            }

            var errors = await Task.WhenAll(due.ConvertAll(name => PutAsync(spool, name, stoppingToken)));
            var refused = due.Where((_, i) => errors[i] is not null).ToList();
            var takesOthers = refused.Count < due.Count || spool.Pictures.Queue.Waiting == 1;
            refused.ForEach(name => spool.Pictures.Queue.Refused(name, takesOthers));
            error = errors.OfType<string>().FirstOrDefault() ?? (spool.Pictures.Queue.SetAside > 0 ? error : null);
            away = refused.Count < due.Count ? 0 : away + 1;
            Report(spool, error, away > 0);
            if (away > 0)
            {
                // None is taken: it may be the store, and every picture would only be refused.
                await Task.Delay(Backoff.After(away, FirstPause, LongestPause), time, stoppingToken);
            }
        }
    }

    // Why it was not taken; null when it was.
    private async Task<string?> PutAsync(StationSpool spool, PictureName name, CancellationToken stoppingToken)
    {
        try
        {
            await spool.Pictures.UploadAsync(name, objects, stoppingToken);
            return null;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested)
        {
            logger.LogWarning("Station {Station}: the pictures of sighting {Sighting} wait: {Error}", spool.StationId, name, e.Message);
            return e.Message;
        }
    }

    private void Report(StationSpool spool, string? error, bool isAway)
    {
        var (waiting, aside) = (spool.Pictures.Queue.Waiting, spool.Pictures.Queue.SetAside);
        if (isAway && waiting > 0)
        {
            health.Degraded(Worker(spool), $"{waiting + aside} pictures wait: {error}");
        }
        else if (aside > 0)
        {
            health.Degraded(Worker(spool), $"{aside} pictures can't be stored and are tried again now and then: {error}");
        }
        else
        {
            health.Healthy(Worker(spool), $"{waiting} pictures wait");
        }
    }
}

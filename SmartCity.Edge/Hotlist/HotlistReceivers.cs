using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Webhooks;

namespace SmartCity.Edge.Hotlist;

/// <summary>
/// Sends matches to the site's receivers, each on its own, newest first. What is not answered with 2xx is tried again, ever more seldom, until it is
/// given up; what is found meanwhile is tried at once.
/// </summary>
internal sealed class HotlistReceivers : BackgroundService
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "hotlist-receivers";

    /// <summary>Beginning of the names in the health reports.</summary>
    public const string Worker = HotlistWorker.Worker + " to";

    private const int MostRefused = 10;
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(1);

    private readonly IHttpClientFactory _clients;
    private readonly HotlistOptions _options;
    private readonly WorkerHealth _health;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly List<(HotlistReceiver Receiver, WaitingMatches Waiting)> _receivers;

    public HotlistReceivers(IHttpClientFactory clients, IOptions<HotlistOptions> options, IOptions<EdgeOptions> edge, WorkerHealth health, TimeProvider time, ILogger<HotlistReceivers> logger)
    {
        (_clients, _options, _health, _time, _logger) = (clients, options.Value, health, time, logger);
        var folder = Path.Combine(edge.Value.SpoolPath, "hotlist.waiting");
        var own = _options.Webhooks.ToDictionary(r => WaitingMatches.FolderOf(folder, r.Address!));
        _receivers = [.. own.Select(r => (r.Value, new WaitingMatches(r.Key, _options.MostWaiting, time.GetUtcNow() - _options.GiveUpAfter, logger)))];
        Forget(folder, own.Keys);
    }

    /// <summary>Deliveries that were not taken yet.</summary>
    public long Waiting => _receivers.Sum(r => (long)r.Waiting.Count);

    /// <summary>Returns when it is on the disk for every receiver.</summary>
    public void Tell(LocalMatch match)
    {
        var waiting = WaitingMatch.Of(match);
        _receivers.ForEach(r => r.Waiting.Add(waiting));
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(_receivers.Select(r => _health.KeepAsync(Name(r.Receiver), token => ServeAsync(r.Receiver, r.Waiting, token), _logger, stoppingToken)));

    private static string Name(HotlistReceiver receiver) => $"{Worker} {receiver.Address!.Authority}";

    // Plates that wait for somebody who is not told any more must not lie about.
    private void Forget(string folder, ICollection<string> own)
    {
        foreach (var other in Directory.Exists(folder) ? Directory.GetDirectories(folder).Except(own) : [])
        {
            try
            {
                _logger.LogWarning("{Count} matches waited for a receiver that is no longer in Edge:Hotlist:Webhooks. They are deleted.", Directory.GetFiles(other).Length);
                Directory.Delete(other, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                _logger.LogError("{Folder} holds plates for a receiver that is no longer in Edge:Hotlist:Webhooks, and cannot be deleted. Delete it by hand. {Error}", other, e.Message);
            }
        }
    }

    private async Task ServeAsync(HotlistReceiver receiver, WaitingMatches waiting, CancellationToken cancellationToken)
    {
        var worker = Name(receiver);
        var failed = 0;
        while (true)
        {
            if (await DrainAsync(receiver, waiting, cancellationToken) is { } error)
            {
                failed++;
                _health.Degraded(worker, $"{waiting.Count} matches wait for the receiver: {error}");
                _logger.LogWarning("{Count} matches wait for the receiver {Receiver} (attempt {Attempt}): {Error}", waiting.Count, receiver.Address!.Authority, failed, error);
                await waiting.WaitAsync(Backoff.After(failed, _options.FirstRetry, _options.LongestRetry), _time, cancellationToken);
                continue;
            }

            failed = 0;
            if (waiting.Trouble is { } trouble)
            {
                _health.Degraded(worker, $"Matches are sent, but cannot be written to the disk first: {trouble}");
            }
            else
            {
                _health.Healthy(worker, "nothing waits");
            }

            await waiting.WaitAsync(Idle, _time, cancellationToken);
        }
    }

    // What kept the last one from being delivered; null when nothing waits any more.
    private async Task<string?> DrainAsync(HotlistReceiver receiver, WaitingMatches waiting, CancellationToken cancellationToken)
    {
        string? trouble = null;
        var refused = 0;
        var tried = new HashSet<Guid>();
        while (waiting.Next(tried) is { } match)
        {
            tried.Add(match.Delivery);
            var now = _time.GetUtcNow();
            if (now - match.MatchedAt >= _options.GiveUpAfter)
            {
                waiting.GiveUp(match, $"after {_options.GiveUpAfter}");
                continue;
            }

            using var client = _clients.CreateClient(Client);
            var (status, error) = await WebhookCall.SendAsync(client, receiver.Address!, receiver.Secret!, match.Delivery, match.Body, now, _options.Timeout, cancellationToken);
            if (error is null)
            {
                waiting.Taken(match);
                continue;
            }

            // Who is away, has enough or does not know the edge takes no other either; who refuses one may take the next.
            trouble = error;
            if (status is null or >= 500 or StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden or StatusCodes.Status404NotFound or StatusCodes.Status408RequestTimeout or StatusCodes.Status429TooManyRequests)
            {
                break;
            }

            waiting.Refused(match);
            if (++refused == MostRefused)
            {
                break;
            }
        }

        return trouble;
    }
}

using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Faces;
using SmartCity.Edge.Configuration;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Faces;

/// <summary>Tells the core what was done with faces at each station, asks what to do, and brings it matches at once. Whatever ends, its templates are destroyed.</summary>
internal sealed class FaceWorker(
    IHttpClientFactory clients,
    FaceOrderBook book,
    FaceWatch watch,
    ServedStations stations,
    CoreLink link,
    IOptions<FaceOptions> options,
    IOptions<ConfigurationOptions> core,
    WorkerHealth health,
    TimeProvider time,
    ILogger<FaceWorker> logger) : BackgroundService
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "core-faces";

    // Named so that a station's heartbeat tells of it.
    private const string Sender = "camera face matches";

    private static readonly TimeSpan EndEvery = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LastCounts = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWord = TimeSpan.FromSeconds(2);

    private readonly CoreTrouble _trouble = new(link, logger);

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        book.EndAll();
        if (options.Value.Enabled)
        {
            // Cameras let go of whom they see, and count them.
            await Task.WhenAll(stations.All.SelectMany(s => book.OfStation(s.Id)).Select(o => o.Settled)).WaitAsync(LastCounts, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(LastWord);
            await Task.WhenAll(stations.All.Where(s => book.OfStation(s.Id).Count > 0).Select(s => LastWordAsync(s.Id, patience.Token)));
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.Enabled
            ? Task.WhenAll([
                health.KeepAsync("face orders", EndAsync, logger, stoppingToken),
                health.KeepAsync(Sender, SendAsync, logger, stoppingToken),
                .. stations.All.Select(s => health.KeepAsync(Worker(s.Id), token => ExchangeAsync(s.Id, token), logger, stoppingToken)),
            ])
            : Task.CompletedTask;

    private static string Worker(string stationId) => $"faces {stationId}";

    // Beside the exchange: a core that hangs holds up no end.
    private async Task EndAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(EndEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            book.End();
            health.Healthy("face orders");
        }
    }

    private async Task ExchangeAsync(string stationId, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                await AskAsync(stationId, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is HttpRequestException or JsonException or CryptographicException or IOException or OperationCanceledException)
            {
                link.Failed(e);
                var held = book.OfStation(stationId).Count(o => !o.IsDestroyed);
                var trouble = $"Station {stationId} cannot ask the core whether to look for faces ({e.Message}). {(held > 0 ? "What is in force ends with its lease" : "None are looked for")}.";
                health.Degraded(Worker(stationId), trouble);
                _trouble.Log(trouble);
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task AskAsync(string stationId, CancellationToken cancellationToken)
    {
        using var pair = new FaceKeyPair();
        var told = book.OfStation(stationId).Select(o => (Order: o, Report: o.Report())).ToList();
        using var content = JsonContent.Create(new FaceExchange([.. told.Select(t => t.Report)], pair.PublicKey), ContractsJson.Default.FaceExchange);
        using var answer = await PostAsync("/api/edge/faces", stationId, content, cancellationToken);
        var orders = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.FaceOrders, cancellationToken) ?? throw new JsonException("the answer is empty");
        book.Told(stationId, told);
        using var seal = pair.With(orders.Key);
        var wrong = book.Take(stationId, orders, seal);
        _trouble.IsOver("The edge hears from the core whether to look for faces.");
        if (wrong is not null)
        {
            health.Degraded(Worker(stationId), wrong);
        }
        else
        {
            var held = book.OfStation(stationId).Where(o => !o.IsDestroyed).ToList();
            health.Healthy(Worker(stationId), held.Count == 0 ? "no deployment" : $"{held.Count} deployments, {held.Sum(o => o.Templates)} templates");
        }
    }

    private async Task SendAsync(CancellationToken stoppingToken)
    {
        for (var failed = 0; ;)
        {
            var sent = true;
            foreach (var order in stations.All.SelectMany(s => book.OfStation(s.Id)))
            {
                while (sent && order.TakeWaiting() is { } match)
                {
                    sent = await TrySendAsync(order, match, stoppingToken);
                }
            }

            failed = sent ? 0 : failed + 1;
            if (sent)
            {
                health.Healthy(Sender);
                await watch.Matched.WaitAsync(stoppingToken);
            }
            else
            {
                await Task.Delay(Backoff.After(failed, FirstPause, LongestPause), time, stoppingToken);
            }
        }
    }

    private async Task<bool> TrySendAsync(HeldOrder order, FaceMatch match, CancellationToken stoppingToken)
    {
        try
        {
            using var content = JsonContent.Create(match, ContractsJson.Default.FaceMatch);
            using var answer = await PostAsync("/api/edge/faces/matches", order.StationId, content, stoppingToken);
            order.Sent(match);
            return true;
        }
        catch (HttpRequestException e) when (e.StatusCode is HttpStatusCode.BadRequest or HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.RequestEntityTooLarge)
        {
            // It will never take it, and others wait behind it.
            order.Drop(match);
            logger.LogError("Station {Station}: the core refused match {Match}, which is destroyed: {Error}", order.StationId, match.Id, e.Message);
            return true;
        }
        catch (Exception e) when (e is HttpRequestException or OperationCanceledException)
        {
            order.GiveBack(match);
            stoppingToken.ThrowIfCancellationRequested();
            health.Degraded(Sender, $"A match of station {order.StationId} waits in memory, because the core does not take it: {e.Message}");
            logger.LogWarning("Station {Station}: match {Match} waits in memory, because the core does not take it: {Error}", order.StationId, match.Id, e.Message);
            return false;
        }
    }

    private async Task LastWordAsync(string stationId, CancellationToken cancellationToken)
    {
        try
        {
            using var pair = new FaceKeyPair();
            using var content = JsonContent.Create(new FaceExchange([.. book.OfStation(stationId).Select(o => o.Report())], pair.PublicKey, IsLast: true), ContractsJson.Default.FaceExchange);
            using var answer = await PostAsync("/api/edge/faces", stationId, content, cancellationToken);
        }
        catch (Exception e) when (e is HttpRequestException or JsonException or IOException or OperationCanceledException)
        {
            logger.LogWarning("Station {Station} could not tell the core that its templates are destroyed; the core knows it when the lease is over: {Error}", stationId, e.Message);
        }
    }

    private async Task<HttpResponseMessage> PostAsync(string path, string stationId, HttpContent content, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(core.Value.Address!, QueryHelpers.AddQueryString(path, "station", stationId))) { Content = content };
        core.Value.Authorise(request);
        var answer = await clients.CreateClient(Client).SendAsync(request, cancellationToken);
        link.Answered(answer.StatusCode);
        if (answer.IsSuccessStatusCode)
        {
            return answer;
        }

        using (answer)
        {
            throw new HttpRequestException($"the core answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
        }
    }
}

using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.Edge.Faces;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

/// <summary>
/// Tells the core of each strip, with its SHA-256, and then puts it beside the evidence. It waits for neither sightings nor pictures, and they do not wait for it.
/// </summary>
internal sealed class StripDelivery(
    SightingPublisher publisher,
    IObjectWriter objects,
    IHttpClientFactory clients,
    IOptions<ConfigurationOptions> core,
    IOptions<EvidenceOptions> evidence,
    WorkerHealth health,
    TimeProvider time,
    ILogger<StripDelivery> logger) : BackgroundService
{
    private const int Together = 8;
    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(15);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => core.Value.Address is null
        ? Task.CompletedTask
        : Task.WhenAll(publisher.Spools.Where(s => evidence.Value.FramesAround > 0 || s.Strips.Waiting > 0).Select(spool => health.KeepAsync(Worker(spool), token => DeliverAsync(spool, token), logger, stoppingToken)));

    private static string Worker(StationSpool spool) => $"strips {spool.StationId}";

    private async Task DeliverAsync(StationSpool spool, CancellationToken stoppingToken)
    {
        for (var failed = 0; ;)
        {
            var due = spool.Strips.Next(Together);
            if (due.Count == 0)
            {
                health.Healthy(Worker(spool));
                await Task.Delay(Idle, time, stoppingToken);
                continue;
            }

            try
            {
                foreach (var file in due)
                {
                    await SendAsync(spool, file, stoppingToken);
                }

                failed = 0;
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                failed++;
                health.Degraded(Worker(spool), $"The frames before and after {spool.Strips.Waiting} sightings wait: {e.Message}");
                logger.LogWarning("Station {Station}: the frames before and after a sighting wait (attempt {Attempt}): {Error}", spool.StationId, failed, e.Message);
                await Task.Delay(Backoff.After(failed, FirstPause, LongestPause), time, stoppingToken);
            }
        }
    }

    private async Task SendAsync(StationSpool spool, string file, CancellationToken cancellationToken)
    {
        if (await spool.Strips.ReadAsync(file, cancellationToken) is not { } strip)
        {
            return;
        }

        if (await IsWantedAsync(strip, cancellationToken))
        {
            await objects.PutAsync(strip.Strip.Key, strip.Jpeg, "image/jpeg", cancellationToken);
        }

        spool.Strips.Remove(file);
    }

    // The core says no for good of a sighting that was erased, and of one that has another strip already, as of a recording that was read twice.
    private async Task<bool> IsWantedAsync(ObservedStrip strip, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(CoreUploads.Client);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(core.Value.Address!, QueryHelpers.AddQueryString("/api/edge/strips", "station", strip.StationId)))
        {
            Content = JsonContent.Create(strip.Strip, ContractsJson.Default.EdgeStrip),
        };
        core.Value.Authorise(request);
        using var answer = await client.SendAsync(request, cancellationToken);
        if (answer.StatusCode is HttpStatusCode.Gone or HttpStatusCode.Conflict)
        {
            return false;
        }

        if (answer.StatusCode == HttpStatusCode.BadRequest)
        {
            // It would say so every time, and others wait behind it.
            logger.LogError("Station {Station}: the core does not take the frames before and after {Key}, and they are given up: {Answer}", strip.StationId, strip.Strip.Key, await answer.Content.ReadAsStringAsync(cancellationToken));
            return false;
        }

        return answer.IsSuccessStatusCode ? true : throw new HttpRequestException($"the core answers {(int)answer.StatusCode} {answer.ReasonPhrase} to the frames before and after a sighting", null, answer.StatusCode);
    }
}

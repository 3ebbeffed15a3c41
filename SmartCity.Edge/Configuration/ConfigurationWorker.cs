using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Configuration;

/// <summary>Asks the core every few seconds which cameras run. While it does not answer, those that ran go on.</summary>
internal sealed class ConfigurationWorker(
    IHttpClientFactory clients,
    ServedStations stations,
    CoreLink link,
    IOptions<ConfigurationOptions> options,
    WorkerHealth health,
    TimeProvider time,
    ILogger<ConfigurationWorker> logger) : BackgroundService
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "core-configuration";

    private const string Worker = "configuration";

    private EntityTagHeaderValue? _known;
    private string? _trouble;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Address is not null && !stations.AreKnown)
        {
            health.Starting(Worker, "waiting for the core to say which cameras run");
        }

        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.Address is not { } core)
        {
            return;
        }

        var address = new Uri(core, QueryHelpers.AddQueryString("/api/edge/configuration", stations.All.Select(s => KeyValuePair.Create("station", (string?)s.Id))));
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                await AskAsync(address, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is HttpRequestException or JsonException or OperationCanceledException)
            {
                link.Failed(e);
                Trouble($"The core does not say which cameras run ({e.Message}); those that it named last go on.");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Trouble($"The configuration of the core cannot be kept on the disk: {e.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private async Task AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", options.Value.Key);
        if (_known is not null)
        {
            request.Headers.IfNoneMatch.Add(_known);
        }

        using var answer = await clients.CreateClient(Client).SendAsync(request, cancellationToken);
        link.Answered(answer.StatusCode);
        if (answer.StatusCode != HttpStatusCode.NotModified)
        {
            if (!answer.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"it answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
            }

            var configuration = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.EdgeConfiguration, cancellationToken) ?? throw new JsonException("The answer is empty.");
            stations.Take(configuration);
            _known = answer.Headers.ETag;
            logger.LogInformation("The core names {Cameras} cameras of {Stations} stations.", configuration.Stations.Sum(s => s.Cameras.Count), configuration.Stations.Count);
        }

        if (_trouble is not null)
        {
            logger.LogInformation("The core answers again.");
            _trouble = null;
        }

        var missing = stations.Unknown;
        if (missing.Count > 0)
        {
            health.Degraded(Worker, $"The core has no station {string.Join(", ", missing)}.");
        }
        else
        {
            health.Healthy(Worker, $"{stations.All.Sum(s => s.Cameras.Count)} cameras");
        }
    }

    private void Trouble(string what)
    {
        if (stations.AreKnown)
        {
            health.Degraded(Worker, what);
        }
        else
        {
            health.Starting(Worker, what);
        }

        // Every few seconds the same would drown the log.
        if (what != _trouble)
        {
            logger.LogWarning("{Trouble}", what);
            _trouble = what;
        }
    }
}

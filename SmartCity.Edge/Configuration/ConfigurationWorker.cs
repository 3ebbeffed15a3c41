using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Configuration;

/// <summary>Asks the core every few seconds which cameras to run. While the core does not answer, the cameras that run go on.</summary>
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

    private readonly CoreTrouble _trouble = new(link, logger);
    private EntityTagHeaderValue? _known;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Address is not null && !stations.AreKnown)
        {
            health.Starting(Worker, "The edge waits for the core to say which cameras to run.");
        }

        return base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        options.Value.Address is { } core ? health.KeepAsync(Worker, token => RunAsync(core, token), logger, stoppingToken) : Task.CompletedTask;

    private async Task RunAsync(Uri core, CancellationToken stoppingToken)
    {
        var address = new Uri(core, QueryHelpers.AddQueryString("/api/edge/configuration", stations.All.Select(s => KeyValuePair.Create("station", (string?)s.Id))));
        using var timer = new PeriodicTimer(options.Value.Interval, time);
        do
        {
            try
            {
                await AskAsync(address, stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is HttpRequestException or OperationCanceledException)
            {
                link.Failed(e);
                Trouble($"The edge cannot ask the core which cameras to run ({e.Message}). {(stations.AreKnown ? $"It goes on with the {Cameras} cameras that it has" : "It runs no cameras")} and asks again every {options.Value.Interval.TotalSeconds:0.#} s.");
            }
            catch (InvalidDataException e)
            {
                Trouble($"The edge cannot use what the core says of its cameras: {e.Message} {(stations.AreKnown ? $"It goes on with the {Cameras} cameras that it has" : "It runs no cameras")} and asks again every {options.Value.Interval.TotalSeconds:0.#} s.");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                Trouble($"The edge runs the cameras that the core named, but cannot write them to its disk, so a restart without the core would not know them: {e.Message}");
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private int Cameras => stations.All.Sum(s => s.Cameras.Count);

    private async Task AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        options.Value.Authorise(request);
        if (_known is not null)
        {
            request.Headers.IfNoneMatch.Add(_known);
        }

        using var answer = await SendAsync(request, cancellationToken);
        link.Answered(answer.StatusCode);
        if (answer.StatusCode != HttpStatusCode.NotModified)
        {
            if (!answer.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"the core answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
            }

            var configuration = Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            stations.Take(configuration);
            _known = answer.Headers.ETag;
            logger.LogInformation("The core named {Cameras} cameras of {Stations} stations.", configuration.Stations.Sum(s => s.Cameras.Count), configuration.Stations.Count);
        }

        _trouble.IsOver("The edge gets its cameras from the core.");

        var missing = stations.Unknown;
        if (missing.Count > 0)
        {
            health.Degraded(Worker, $"The core does not know these stations of the edge: {string.Join(", ", missing)}. Add them on the Administration page, or correct Edge:Stations.");
        }
        else
        {
            health.Healthy(Worker, $"{Cameras} cameras");
        }
    }

    private async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        try
        {
            return await clients.CreateClient(Client).SendAsync(request, cancellationToken);
        }
        catch (HttpRequestException e) when (e.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            throw new InvalidDataException($"Its answer has more than {ConfigurationSlice.MostBytes >> 20} MB.", e);
        }
    }

    // Whoever answers in the core's place may say anything.
    private static EdgeConfiguration Read(byte[] answer)
    {
        try
        {
            var configuration = JsonSerializer.Deserialize(answer, ContractsJson.Default.EdgeConfiguration) ?? throw new InvalidDataException("Its answer is empty.");
            return ConfigurationRules.Check(configuration) is { } wrong ? throw new InvalidDataException(wrong) : configuration;
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"Its answer of {answer.Length:N0} bytes is no configuration ({e.Message}).", e);
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

        _trouble.Log(what);
    }
}

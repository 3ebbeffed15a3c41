using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Hotlist;

/// <summary>Asks the core which plates to look out for. While it does not answer, the edge goes on with those that it has.</summary>
internal sealed class HotlistWorker(
    IHttpClientFactory clients,
    HeldHotlist held,
    ServedStations stations,
    CoreLink link,
    IOptions<HotlistOptions> options,
    IOptions<ConfigurationOptions> core,
    WorkerHealth health,
    TimeProvider time,
    ILogger<HotlistWorker> logger) : BackgroundService
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "core-hotlist";

    /// <summary>Name in the health reports.</summary>
    public const string Worker = "edge hot-list";

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(3);

    private EntityTagHeaderValue? _known;
    private string? _trouble;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!held.IsWanted)
        {
            return;
        }

        var address = new Uri(core.Value.Address!, QueryHelpers.AddQueryString("/api/edge/hotlist", stations.All.Select(s => KeyValuePair.Create("station", (string?)s.Id))));
        while (true)
        {
            var answered = await TryAsync(address, stoppingToken);
            held.Measure();
            await Task.Delay(answered || options.Value.Interval < AfterFailure ? options.Value.Interval : AfterFailure, time, stoppingToken);
        }
    }

    private async Task<bool> TryAsync(Uri address, CancellationToken stoppingToken)
    {
        try
        {
            await AskAsync(address, stoppingToken);
            return true;
        }
        catch (Exception e) when (!stoppingToken.IsCancellationRequested && e is HttpRequestException or OperationCanceledException or InvalidDataException)
        {
            link.Failed(e);
            Missed(e);
            return false;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Trouble($"The hot-list counts but cannot be kept on the disk, a restart without the core would lose it: {e.Message}");
            return true;
        }
    }

    private async Task AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", core.Value.Key);
        if (_known is not null)
        {
            request.Headers.IfNoneMatch.Add(_known);
        }

        using var answer = await clients.CreateClient(Client).SendAsync(request, cancellationToken);
        link.Answered(answer.StatusCode);
        if (answer.StatusCode == HttpStatusCode.NotModified)
        {
            held.Confirm();
        }
        else if (answer.IsSuccessStatusCode)
        {
            var list = EdgeHotlist.Read(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
            _known = null;
            held.Take(list);
            _known = answer.Headers.ETag;
            logger.LogInformation("The hot-list of the edge holds {Entries} entries.", list.Count);
        }
        else
        {
            throw new HttpRequestException($"it answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
        }

        if (_trouble is not null)
        {
            logger.LogInformation("The core says again which plates to look out for.");
            _trouble = null;
        }

        health.Healthy(Worker, $"{held.List.Count} entries");
    }

    // A core that is away for a while is what the list is held for; one that refuses, and a list that grows old, are worth a look.
    private void Missed(Exception e)
    {
        var why = $"The core does not say which plates to look out for ({e.Message})";
        if (held.Age is not { } age)
        {
            Trouble($"{why}; the edge holds no hot-list yet.");
        }
        else if (age >= options.Value.Stale)
        {
            Trouble($"The hot-list is {(age.TotalHours < 48 ? $"{age.TotalHours:0} h" : $"{age.TotalDays:0} days")} old and still counts. {why}.");
        }
        else if (e is InvalidDataException or HttpRequestException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError })
        {
            Trouble($"{why}; the edge goes on with the {held.List.Count} entries that it has.");
        }
        else
        {
            Log($"{why}; the edge goes on with the {held.List.Count} entries that it has.");
        }
    }

    private void Trouble(string what)
    {
        health.Degraded(Worker, what);
        Log(what);
    }

    // Every few seconds the same would drown the log.
    private void Log(string what)
    {
        if (what != _trouble)
        {
            logger.LogWarning("{Trouble}", what);
            _trouble = what;
        }
    }
}

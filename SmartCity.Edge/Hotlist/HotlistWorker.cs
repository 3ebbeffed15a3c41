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

    private const long MostBytes = 128 << 20;
    private const int PieceBytes = 64 << 10;

    private static readonly TimeSpan AfterFailure = TimeSpan.FromSeconds(3);

    // A link may be slow: what counts is that something comes.
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(30);

    private EntityTagHeaderValue? _known;
    private (EntityTagHeaderValue? Tag, string Why)? _useless;
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
            return e is InvalidDataException;
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
        if ((_useless?.Tag ?? _known) is { } tag)
        {
            request.Headers.IfNoneMatch.Add(tag);
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Silence);
        using var answer = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        link.Answered(answer.StatusCode);
        if (answer.StatusCode == HttpStatusCode.NotModified)
        {
            // What was of no use is of none still, and need not come again.
            if (_useless is { } useless)
            {
                throw new InvalidDataException(useless.Why);
            }

            held.Confirm();
        }
        else if (answer.IsSuccessStatusCode)
        {
            var list = await ReadAsync(answer, patience);
            (_known, _useless) = (null, null);
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

    private async Task<EdgeHotlist> ReadAsync(HttpResponseMessage answer, CancellationTokenSource patience)
    {
        try
        {
            return EdgeHotlist.Read(await DownloadAsync(answer.Content, patience));
        }
        catch (InvalidDataException e)
        {
            _useless = (answer.Headers.ETag, e.Message);
            throw;
        }
        catch (IOException e)
        {
            throw new HttpRequestException($"the list broke off: {e.Message}", e);
        }
    }

    private static async Task<byte[]> DownloadAsync(HttpContent content, CancellationTokenSource patience)
    {
        await using var body = await content.ReadAsStreamAsync(patience.Token);
        using var bytes = new MemoryStream();
        var piece = new byte[PieceBytes];
        while (await body.ReadAsync(piece, patience.Token) is > 0 and var read)
        {
            patience.CancelAfter(Silence);
            bytes.Write(piece, 0, read);
            if (bytes.Length > MostBytes)
            {
                throw new InvalidDataException($"its hot-list has more than {MostBytes >> 20} MB");
            }
        }

        return bytes.ToArray();
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

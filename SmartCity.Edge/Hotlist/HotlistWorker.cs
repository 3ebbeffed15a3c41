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

/// <summary>Asks the core for the hot-list. While the core does not answer, the edge goes on with the entries that it has.</summary>
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

    private readonly CoreTrouble _trouble = new(link, logger);
    private EntityTagHeaderValue? _known;
    private (EntityTagHeaderValue? Tag, string Why)? _useless;
    private bool _needsWhole;

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        held.IsWanted ? health.KeepAsync(Worker, RunAsync, logger, stoppingToken) : Task.CompletedTask;

    private async Task RunAsync(CancellationToken stoppingToken)
    {
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
            Trouble($"The edge uses the new hot-list, but cannot write it to its disk, so a restart without the core would lose it: {e.Message}");
            return true;
        }
    }

    private async Task AskAsync(Uri address, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        core.Value.Authorise(request);
        if ((_useless?.Tag ?? _known) is { } tag)
        {
            request.Headers.IfNoneMatch.Add(tag);
        }

        // A core that does not know of changes sends the whole list.
        if (!_needsWhole && held.List.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("A-IM", $"{EdgeHotlistDelta.Manipulation}; {EdgeHotlistDelta.Base}{Convert.ToHexStringLower(held.List.Checksum)}");
        }

        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Silence);
        using var answer = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, patience.Token);
        link.Answered(answer.StatusCode);
        if (answer.StatusCode == HttpStatusCode.NotModified)
        {
            // A list that could not be used has not changed, so it need not be sent again. One without a tag was not asked about: what has not changed is the list that is held.
            if (_useless is { Tag: not null } useless)
            {
                throw new InvalidDataException(useless.Why);
            }

            (_useless, _needsWhole) = (null, false);
            held.Confirm();
        }
        else if (answer.IsSuccessStatusCode)
        {
            var isDelta = answer.StatusCode == HttpStatusCode.IMUsed;
            var list = isDelta ? await ReadChangesAsync(answer, patience) : await ReadAsync(answer, patience);
            (_known, _useless, _needsWhole) = (null, null, false);
            held.Take(list);
            _known = answer.Headers.ETag;
            logger.LogInformation("The edge got {What} from the core; its hot-list has {Entries} entries.", isDelta ? "the hot-list's changes" : "a hot-list", list.Count);
        }
        else
        {
            throw new HttpRequestException($"the core answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
        }

        _trouble.IsOver("The edge gets its hot-list from the core.");

        health.Healthy(Worker, $"{held.List.Count} entries");
    }

    private async Task<EdgeHotlist> ReadChangesAsync(HttpResponseMessage answer, CancellationTokenSource patience)
    {
        try
        {
            return held.List.With(EdgeHotlistDelta.Read(await DownloadAsync(answer.Content, patience)));
        }
        catch (InvalidDataException e)
        {
            _needsWhole = true;
            throw new HttpRequestException($"{e.Message} The edge asks for the whole list.", e);
        }
        catch (IOException e)
        {
            throw new HttpRequestException($"the connection broke while the list's changes were sent: {e.Message}", e);
        }
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
            throw new HttpRequestException($"the connection broke while the list was sent: {e.Message}", e);
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
                throw new InvalidDataException($"the core's hot-list has more than {MostBytes >> 20} MB; set Core:EdgeHotlist:MostEntries lower");
            }
        }

        return bytes.ToArray();
    }

    // The list is held for the time when the core cannot be reached, so that alone is no fault. A core that refuses is one, and so is an old list.
    private void Missed(Exception e)
    {
        var why = $"The edge cannot get the hot-list from the core ({e.Message})";
        if (held.Age is not { } age)
        {
            Trouble($"{why}. It has no hot-list yet and finds no wanted vehicles until it gets one.");
        }
        else if (age >= options.Value.Stale)
        {
            Trouble($"The hot-list is {(age.TotalHours < 48 ? $"{age.TotalHours:0} h" : $"{age.TotalDays:0} days")} old; it is still used. {why}.");
        }
        else if (e is InvalidDataException or HttpRequestException { StatusCode: >= HttpStatusCode.BadRequest and < HttpStatusCode.InternalServerError })
        {
            Trouble($"{why}. It goes on with the {held.List.Count} entries that it has.");
        }
        else
        {
            _trouble.Log($"{why}. It goes on with the {held.List.Count} entries that it has.");
        }
    }

    private void Trouble(string what)
    {
        health.Degraded(Worker, what);
        _trouble.Log(what);
    }
}

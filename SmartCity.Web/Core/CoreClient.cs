using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.WebUtilities;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Core;

/// <summary>The core's API as the console uses it.</summary>
public sealed partial class CoreClient(HttpClient http, bool background = false)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    // Longer than the core takes for any of them: who has not answered by then is gone. Reports and the check of the audit may take minutes.
    private static readonly TimeSpan Usual = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(6);

    /// <summary>The same for what a page asks by itself: it does not count against the session's idle limit.</summary>
    public CoreClient InBackground => new(http, background: true);

    public Task<IReadOnlyList<StationView>> StationsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<StationView>>("api/stations", cancellationToken);

    public Task<Page<SightingView>> SightingsAsync(int limit, CancellationToken cancellationToken) => GetAsync<Page<SightingView>>($"api/sightings?limit={limit}", cancellationToken);

    /// <summary>The newest sightings that a version has read.</summary>
    public Task<Page<SightingView>> SightingsOfAsync(string version, int limit, CancellationToken cancellationToken) =>
        GetAsync<Page<SightingView>>(Address("api/sightings", ("version", version), ("limit", limit.ToString(CultureInfo.InvariantCulture))), cancellationToken);

    public Task<Page<ChargeView>> ChargesAsync(Guid sighting, CancellationToken cancellationToken) => GetAsync<Page<ChargeView>>($"api/charges?sighting={sighting}", cancellationToken);

    public Task<OpsView> OpsAsync(CancellationToken cancellationToken) => GetAsync<OpsView>("api/ops", cancellationToken);

    public Task<CityView> CityAsync(CancellationToken cancellationToken) => GetAsync<CityView>("api/city", cancellationToken);

    public Task<SightingView> SightingAsync(Guid id, CancellationToken cancellationToken, string? reason = null) => GetAsync<SightingView>($"api/sightings/{id}", cancellationToken, reason);

    /// <summary>The response to a GET of the API, to be passed on; the caller disposes it.</summary>
    public async Task<HttpResponseMessage> OpenAsync(string path, string? reason, CancellationToken cancellationToken)
    {
        var response = await http.SendAsync(Request(HttpMethod.Get, path, reason), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.IsSuccessStatusCode)
        {
            RefuseUnread(response);
        }

        return response;
    }

    /// <summary>A picture's response, to be passed on; the caller disposes it.</summary>
    public Task<HttpResponseMessage> EvidenceAsync(string key, CancellationToken cancellationToken) => OpenAsync($"api/evidence/{key}", null, cancellationToken);

    /// <summary>What happens from now on, until the stream breaks.</summary>
    /// <param name="connected">Called when the stream is there: nothing gets lost any more.</param>
    /// <param name="quiet">A core that says nothing for longer is gone: an IOException. It says every 15 s that it is there.</param>
    public async IAsyncEnumerable<LiveEvent> LiveAsync(Action connected, TimeSpan quiet, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(quiet);
        await using var stream = await http.GetStreamAsync("api/live", limit.Token);
        await using var items = SseParser.Create(stream).EnumerateAsync(limit.Token).GetAsyncEnumerator(limit.Token);
        while (await NextAsync())
        {
            limit.CancelAfter(quiet);
            var item = items.Current;
            if (item.EventType == "open")
            {
                connected();
            }
            else if (item.EventType is "sighting" or "alert" or "charge" && JsonSerializer.Deserialize<LiveEvent>(item.Data, Json) is { } live)
            {
                yield return live;
            }
        }

        async ValueTask<bool> NextAsync()
        {
            try
            {
                return await items.MoveNextAsync();
            }
            catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
            {
                throw new IOException($"The core has said nothing for {quiet.TotalSeconds:0} s.", e);
            }
        }
    }

    private async Task<T> PostAsync<T>(string path, object body, CancellationToken cancellationToken, string? reason = null) =>
        await AnswerAsync<T>(Request(HttpMethod.Post, path, reason, body), cancellationToken);

    private async Task PostAsync(string path, object body, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Post, path, null, body);
        using var response = await http.SendAsync(request, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    private async Task<T> PutAsync<T>(string path, object body, CancellationToken cancellationToken) => await AnswerAsync<T>(Request(HttpMethod.Put, path, null, body), cancellationToken);

    private async Task DeleteAsync(string path, CancellationToken cancellationToken)
    {
        using var response = await http.DeleteAsync(path, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    private async Task DeleteAsync(string path, string reason, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Delete, path, reason);
        using var response = await http.SendAsync(request, cancellationToken);
        await CheckAsync(response, cancellationToken);
    }

    // Only what changes nothing is given up: of a change that was sent nobody would know whether it was made.
    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken, string? reason = null, TimeSpan? within = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(within ?? Usual);
        try
        {
            return await AnswerAsync<T>(Request(HttpMethod.Get, path, reason), limit.Token);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"no answer within {(within ?? Usual).TotalMinutes:0} min", e);
        }
    }

    // The reason goes to the audit; headers hold no other letters than ASCII.
    private HttpRequestMessage Request(HttpMethod method, string path, string? reason, object? body = null)
    {
        var (address, personal) = WithoutPersonal(path);
        var request = new HttpRequestMessage(method, address) { Content = body is null ? null : JsonContent.Create(body, body.GetType(), options: Json) };
        foreach (var (name, value) in personal)
        {
            request.Headers.Add(QueryHeader.Of(name), Uri.EscapeDataString(value ?? ""));
        }

        if (reason is not null)
        {
            request.Headers.Add("Audit-Reason", Uri.EscapeDataString(reason));
        }

        if (background)
        {
            request.Headers.Add(BackgroundCall.Header, "1");
        }

        return request;
    }

    // Servers and proxies keep addresses in their logs: what tells of a person goes into headers.
    private static (string Address, IReadOnlyList<KeyValuePair<string, string?>> Personal) WithoutPersonal(string path)
    {
        if (path.IndexOf('?', StringComparison.Ordinal) is not (>= 0 and var at))
        {
            return (path, []);
        }

        var parameters = QueryHelpers.ParseQuery(path[at..]).SelectMany(p => p.Value, (p, value) => KeyValuePair.Create(p.Key, value)).ToLookup(p => QueryHeader.IsPersonal(p.Key));
        return (QueryHelpers.AddQueryString(path[..at], parameters[false]), [.. parameters[true]]);
    }

    private async Task<T> AnswerAsync<T>(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        using (request)
        {
            using var response = await http.SendAsync(request, cancellationToken);
            await CheckAsync(response, cancellationToken);
            return await response.Content.ReadFromJsonAsync<T>(Json, cancellationToken) ?? throw new JsonException($"The core's answer to {request.RequestUri} is empty.");
        }
    }

    // What the core has to say about a request that it refuses is for the person who made it.
    private static async Task CheckAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (!response.IsSuccessStatusCode)
        {
            throw await DetailAsync(response, cancellationToken) is { } detail ? new HttpRequestException(detail, null, response.StatusCode) : new RefusalWithoutWordsException(response.StatusCode);
        }

        RefuseUnread(response);
    }

    // A core of an earlier release does not know these headers and would answer about every vehicle.
    private static void RefuseUnread(HttpResponseMessage response)
    {
        if (response.RequestMessage?.Headers.FirstOrDefault(h => h.Key.StartsWith(QueryHeader.Prefix, StringComparison.Ordinal) && !response.Headers.Vary.Contains(h.Key, StringComparer.OrdinalIgnoreCase)) is { Key: not null })
        {
            throw new HttpRequestException(Wording.OlderCore, null, HttpStatusCode.NotImplemented);
        }
    }

    /// <summary>What the core has to say about what it did not do, in words for people.</summary>
    public static async Task<string> WhyRefusedAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        CoreWords.Said(await DetailAsync(response, cancellationToken)) ?? Wording.Refused((int)response.StatusCode);

    private static async Task<string?> DetailAsync(HttpResponseMessage response, CancellationToken cancellationToken) =>
        (int)response.StatusCode is (>= 400 and < 500) or 503 && response.Content.Headers.ContentType?.MediaType == "application/problem+json"
            && await response.Content.ReadFromJsonAsync<ProblemDetails>(Json, cancellationToken) is { Detail: { } detail }
            ? detail
            : null;

    /// <summary>A page's or file's address with the parameters that are given.</summary>
    public static string Address(string path, params IEnumerable<(string Name, string? Value)> parameters) => QueryHelpers.AddQueryString(path, Given(parameters));

    private static IEnumerable<KeyValuePair<string, string?>> Given(params IEnumerable<(string Name, string? Value)> parameters) =>
        parameters.Where(p => !string.IsNullOrEmpty(p.Value)).Select(p => KeyValuePair.Create(p.Name, p.Value));
}

/// <summary>The core refused something and did not say why. What that means is for the reader's side to say: what was asked for all is read by each in their own language.</summary>
internal sealed class RefusalWithoutWordsException(HttpStatusCode status) : HttpRequestException($"The core answered with HTTP {(int)status}.", null, status);

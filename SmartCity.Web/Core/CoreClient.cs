using System.Net.Http.Json;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

/// <summary>The core's API as the console uses it.</summary>
public sealed class CoreClient(HttpClient http)
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web);

    public Task<IReadOnlyList<StationView>> StationsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<StationView>>("api/stations", cancellationToken);

    public Task<Page<SightingView>> SightingsAsync(int limit, CancellationToken cancellationToken) => GetAsync<Page<SightingView>>($"api/sightings?limit={limit}", cancellationToken);

    public Task<IReadOnlyList<ChargeTotal>> TotalsAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ChargeTotal>>("api/charges/totals", cancellationToken);

    public Task<Page<ChargeView>> ChargesAsync(Guid sighting, CancellationToken cancellationToken) => GetAsync<Page<ChargeView>>($"api/charges?sighting={sighting}", cancellationToken);

    public Task<OpsView> OpsAsync(CancellationToken cancellationToken) => GetAsync<OpsView>("api/ops", cancellationToken);

    public Task<Page<AlertView>> AlertsAsync(CancellationToken cancellationToken) => GetAsync<Page<AlertView>>("api/alerts?limit=100", cancellationToken);

    public async Task AcknowledgeAsync(Guid alert, string by, string? note, CancellationToken cancellationToken)
    {
        using var response = await http.PostAsJsonAsync($"api/alerts/{alert}/acknowledge", new { by, note }, Json, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>A picture's response, to be passed on; the caller disposes it.</summary>
    public Task<HttpResponseMessage> EvidenceAsync(string key, CancellationToken cancellationToken) =>
        http.GetAsync($"api/evidence/{key}", HttpCompletionOption.ResponseHeadersRead, cancellationToken);

    /// <summary>What happens from now on, until the stream breaks.</summary>
    public async IAsyncEnumerable<LiveEvent> LiveAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var stream = await http.GetStreamAsync("api/live", cancellationToken);
        await foreach (var item in SseParser.Create(stream).EnumerateAsync(cancellationToken))
        {
            if (item.EventType is "sighting" or "alert" or "charge" && JsonSerializer.Deserialize<LiveEvent>(item.Data, Json) is { } live)
            {
                yield return live;
            }
        }
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellationToken) =>
        await http.GetFromJsonAsync<T>(path, Json, cancellationToken) ?? throw new JsonException($"The core's answer to {path} is empty.");
}

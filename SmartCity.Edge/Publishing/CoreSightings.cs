using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;

namespace SmartCity.Edge.Publishing;

/// <summary>Asks the core which sightings of a station it has.</summary>
internal sealed class CoreSightings(IHttpClientFactory clients, IOptions<ConfigurationOptions> core)
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "core-sightings";

    private const string Path = "/api/edge/sightings";

    /// <summary>Whether there is a core to ask.</summary>
    public bool CanBeAsked => core.Value.Address is not null;

    /// <exception cref="HttpRequestException">The core does not answer, or refuses.</exception>
    public Task<EdgeSightings> CountAsync(string station, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellationToken) => AskAsync(
        new HttpRequestMessage(HttpMethod.Get, Address(Path, ("station", station), ("from", Text(from)), ("to", Text(to)))), ContractsJson.Default.EdgeSightings, cancellationToken);

    /// <summary>Those of the ids that the core does not have.</summary>
    /// <exception cref="HttpRequestException">The core does not answer, or refuses.</exception>
    public async Task<IReadOnlyList<Guid>> MissingAsync(string station, EdgeSightingsAsked asked, CancellationToken cancellationToken)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, Address(Path + "/missing", ("station", station))) { Content = JsonContent.Create(asked, ContractsJson.Default.EdgeSightingsAsked) };
        return (await AskAsync(request, ContractsJson.Default.EdgeSightingsMissing, cancellationToken)).Ids;
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);

    private Uri Address(string path, params ReadOnlySpan<(string Name, string Value)> query)
    {
        foreach (var (name, value) in query)
        {
            path = QueryHelpers.AddQueryString(path, name, value);
        }

        return new Uri(core.Value.Address!, path);
    }

    private async Task<T> AskAsync<T>(HttpRequestMessage request, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using (request)
        {
            core.Value.Authorise(request);
            using var answer = await clients.CreateClient(Client).SendAsync(request, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                throw new HttpRequestException($"it answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
            }

            return await answer.Content.ReadFromJsonAsync(type, cancellationToken) ?? throw new JsonException("The answer is empty.");
        }
    }
}

using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.Edge.Configuration;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Edge.Publishing;

/// <summary>Pictures by way of the core, which gives an address for each: this edge holds no credentials of the object store.</summary>
internal sealed class CoreUploads(IHttpClientFactory clients, IOptions<ConfigurationOptions> core) : IObjectWriter
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "core-uploads";

    public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken) =>
        PutAsync(key, () => new ReadOnlyMemoryContent(content), contentType, cancellationToken);

    public Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) =>
        PutAsync(key, () => new StreamContent(File.OpenRead(path)), contentType, cancellationToken);

    private async Task PutAsync(string key, Func<HttpContent> content, string contentType, CancellationToken cancellationToken)
    {
        using var client = clients.CreateClient(Client);
        if (await AskAsync(client, key, cancellationToken) is not { } address)
        {
            return;
        }

        using var request = new HttpRequestMessage(HttpMethod.Put, new Uri(core.Value.Address!, address)) { Content = content() };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(contentType);
        if (!Uri.IsWellFormedUriString(address, UriKind.Absolute))
        {
            core.Value.Authorise(request);
        }

        using var answer = await client.SendAsync(request, cancellationToken);
        Check(answer, "the object store");
    }

    // Null when it is there already.
    private async Task<string?> AskAsync(HttpClient client, string key, CancellationToken cancellationToken)
    {
        var address = QueryHelpers.AddQueryString("/api/edge/uploads", "station", key.Split('/')[1]);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(core.Value.Address!, address)) { Content = JsonContent.Create(new EdgeUploadsAsked([key]), ContractsJson.Default.EdgeUploadsAsked) };
        core.Value.Authorise(request);
        using var answer = await client.SendAsync(request, cancellationToken);
        Check(answer, "the core");
        var uploads = await answer.Content.ReadFromJsonAsync(ContractsJson.Default.EdgeUploads, cancellationToken);
        return uploads?.Uploads is [var upload] ? upload.Address : throw new JsonException("The core's answer about a picture is empty.");
    }

    private static void Check(HttpResponseMessage answer, string who)
    {
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"{who} answers {(int)answer.StatusCode} {answer.ReasonPhrase} to a picture", null, answer.StatusCode);
        }
    }
}

using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Models;
using SmartCity.Edge.Configuration;

namespace SmartCity.Edge.Models;

/// <summary>Gets a version's file from the core.</summary>
internal sealed class ModelFetch(IHttpClientFactory clients, IOptions<ConfigurationOptions> core, ServedStations stations, TimeProvider time)
{
    /// <summary>Name of the HTTP client.</summary>
    public const string Client = "core-models";

    private const int BufferBytes = 81_920;

    // For headers and body together: an HTTP client's own time-out ends with the headers.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(5);

    /// <param name="into">The file that is written; what was there is overwritten.</param>
    /// <exception cref="HttpRequestException">The core does not answer in time, does not have it, or sends more or less bytes than the manifest names.</exception>
    public async Task RunAsync(ModelManifest manifest, string into, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(Patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        try
        {
            await CopyAsync(manifest, into, either.Token);
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            throw new HttpRequestException($"the core did not send {manifest.File.Name} within {Patience.TotalMinutes:0} minutes");
        }
    }

    private async Task CopyAsync(ModelManifest manifest, string into, CancellationToken cancellationToken)
    {
        var address = new Uri(core.Value.Address!, QueryHelpers.AddQueryString($"/api/edge/models/{manifest.File.Sha256}", stations.All.Select(s => KeyValuePair.Create("station", (string?)s.Id))));
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        core.Value.Authorise(request);
        using var answer = await clients.CreateClient(Client).SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (!answer.IsSuccessStatusCode)
        {
            throw new HttpRequestException($"the core answers {(int)answer.StatusCode} {answer.ReasonPhrase}", null, answer.StatusCode);
        }

        var wanted = manifest.File.Bytes;
        if (answer.Content.Headers.ContentLength is { } length && length != wanted)
        {
            throw WrongLength(manifest, $"{length}");
        }

        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        await using var file = File.Create(into);
        var buffer = new byte[BufferBytes];
        var copied = 0L;
        for (var read = await body.ReadAsync(buffer, cancellationToken); read > 0; read = await body.ReadAsync(buffer, cancellationToken))
        {
            copied += read;
            if (copied > wanted)
            {
                throw WrongLength(manifest, "more");
            }

            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        if (copied < wanted)
        {
            throw WrongLength(manifest, $"{copied}");
        }

        file.Flush(flushToDisk: true);
    }

    private static HttpRequestException WrongLength(ModelManifest manifest, string bytes) => new($"{manifest.File.Name} has {manifest.File.Bytes} bytes by its manifest, and the core sends {bytes}");
}

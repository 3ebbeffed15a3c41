using SmartCity.Contracts.Api;

namespace SmartCity.Web.Core;

/// <summary>Stations, cameras and zones.</summary>
public sealed partial class CoreClient
{
    public Task<IReadOnlyList<ZoneView>> ZonesAsync(CancellationToken cancellationToken) => GetAsync<IReadOnlyList<ZoneView>>("api/zones", cancellationToken);

    /// <summary>The response with a camera's newest picture, to be passed on; the caller disposes it.</summary>
    /// <param name="known">Entity tags of pictures that the browser has; empty for none.</param>
    public async Task<HttpResponseMessage> CameraPictureAsync(string id, string known, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"api/cameras/{Uri.EscapeDataString(id)}/picture");
        if (known.Length > 0)
        {
            request.Headers.TryAddWithoutValidation("If-None-Match", known);
        }

        return await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }
}

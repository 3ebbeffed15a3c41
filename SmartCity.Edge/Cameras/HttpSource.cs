using System.Net;
using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using Microsoft.Net.Http.Headers;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// <c>http://…</c>, <c>https://…</c>: a network camera's motion JPEG, read here because OpenCV's Linux build has no network. A name and password in
/// the address are used when the camera asks for them (Basic or Digest). A frame was captured when it arrived.
/// </summary>
internal sealed class HttpSource(string cameraId, Uri address, long mostPixels, TimeProvider time, ILogger logger) : ICameraSource
{
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);

    public bool Waits => false;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { Credentials = Credentials(), ConnectTimeout = Answer };
        using var client = new HttpClient(handler) { Timeout = Answer };
        var shown = CameraAddress.Shown(address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped))!;
        using var answer = await AskAsync(client, shown, cancellationToken);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var pictures = new MotionJpeg(cameraId, shown, stream, Boundary(answer, shown), mostPixels, time, logger);
        for (var number = 0L; ; number++)
        {
            var image = await pictures.NextAsync(cancellationToken);
            yield return new Frame(cameraId, number, time.GetUtcNow(), image);
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpClient client, string shown, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await client.GetAsync(new Uri(address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped)), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return answer;
            }

            using (answer)
            {
                throw new CameraLostException($"Camera {cameraId}: {shown} could not be opened: it answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
            }
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CameraLostException($"Camera {cameraId}: {shown} could not be opened: {e.Message}", e);
        }
    }

    private string Boundary(HttpResponseMessage answer, string shown)
    {
        var type = answer.Content.Headers.ContentType;
        var boundary = HeaderUtilities.RemoveQuotes(type?.Parameters.FirstOrDefault(p => p.Name == "boundary")?.Value ?? "").ToString();
        if (boundary.Length == 0 || type?.MediaType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) != true)
        {
            throw new CameraLostException($"Camera {cameraId}: {shown} sends {type?.ToString() ?? "no Content-Type"}, but must send motion JPEG (multipart/x-mixed-replace).");
        }

        // Many cameras say the boundary with the dashes that go before it.
        return boundary.StartsWith("--", StringComparison.Ordinal) ? boundary[2..] : boundary;
    }

    private NetworkCredential? Credentials() => address.UserInfo.Split(':', 2) is [var name, var password] && name.Length > 0
        ? new NetworkCredential(Uri.UnescapeDataString(name), Uri.UnescapeDataString(password))
        : null;
}

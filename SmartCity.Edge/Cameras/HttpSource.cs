using System.Net;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using OpenCvSharp;
using SmartCity.Contracts.Cities;
using SmartCity.Recognition;

namespace SmartCity.Edge.Cameras;

/// <summary>
/// <c>http://…</c>, <c>https://…</c>: a network camera's motion JPEG, or single pictures that are asked for again and again, every second or as
/// <c>#every=00:00:05</c> at the end of the address says. Read here because OpenCV's Linux build has no network. A name and password in
/// the address are used when the camera asks for them (Basic or Digest). A frame was captured when it arrived.
/// </summary>
/// <param name="bad">Told why a frame cannot be used.</param>
internal sealed partial class HttpSource(string cameraId, Uri address, long mostPixels, TimeProvider time, ILogger logger, Action<string>? bad = null) : ICameraSource
{
    private const int MostBytes = 20_000_000;
    private const int MostBadInARow = 25;
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(10);
    private readonly string _shown = CameraAddress.Shown(address.GetComponents(UriComponents.HttpRequestUrl, UriFormat.UriEscaped))!;
    private readonly TimeSpan _every = CameraAddress.Every(address);

    public bool Waits => false;

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var handler = new SocketsHttpHandler { Credentials = Credentials(), ConnectTimeout = Answer };
        using var client = new HttpClient(handler) { Timeout = Answer };
        var answer = await AskAsync(client, cancellationToken);
        try
        {
            await foreach (var frame in IsPicture(answer) ? PollAsync(client, answer, cancellationToken) : StreamAsync(answer, cancellationToken))
            {
                yield return frame;
            }
        }
        finally
        {
            answer.Dispose();
        }
    }

    private async IAsyncEnumerable<Frame> StreamAsync(HttpResponseMessage answer, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var boundary = Boundary(answer);
        await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var pictures = new MotionJpeg(cameraId, _shown, stream, boundary, mostPixels, time, logger, bad);
        for (var number = 0L; ; number++)
        {
            var image = await pictures.NextAsync(cancellationToken);
            yield return new Frame(cameraId, number, time.GetUtcNow(), image);
        }
    }

    private async IAsyncEnumerable<Frame> PollAsync(HttpClient client, HttpResponseMessage first, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (number, failed, asked) = (0L, 0, time.GetTimestamp());
        for (var answer = first; ; answer = await AskAsync(client, cancellationToken))
        {
            using (answer)
            {
                var (image, error) = Decode(await PictureAsync(answer, cancellationToken));
                failed = image is null ? failed + 1 : 0;
                if (image is not null)
                {
                    yield return new Frame(cameraId, number++, time.GetUtcNow(), image);
                }
                else if (failed == MostBadInARow)
                {
                    throw new CameraLostException($"Camera {cameraId}: {_shown} sends no pictures: {error}");
                }
            }

            var rest = _every - time.GetElapsedTime(asked);
            await Task.Delay(rest > TimeSpan.Zero ? rest : TimeSpan.Zero, time, cancellationToken);
            asked = time.GetTimestamp();
        }
    }

    private (Mat? Image, string? Error) Decode(byte[] content)
    {
        try
        {
            return (Pictures.Decode(content, mostPixels), null);
        }
        catch (InvalidDataException e)
        {
            bad?.Invoke(e.Message);
            logger.LogWarning("Camera {Camera}: a frame cannot be used and is left out: {Error}", cameraId, e.Message);
            return (null, e.Message);
        }
    }

    private async Task<byte[]> PictureAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(Answer, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            await answer.Content.LoadIntoBufferAsync(MostBytes, stop.Token);
            return await answer.Content.ReadAsByteArrayAsync(stop.Token);
        }
        catch (Exception e) when (e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CameraLostException($"Camera {cameraId}: {_shown} broke off: {e.Message}", e);
        }
    }

    private async Task<HttpResponseMessage> AskAsync(HttpClient client, CancellationToken cancellationToken)
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
                throw new CameraLostException($"Camera {cameraId}: {_shown} could not be opened: it answered {(int)answer.StatusCode} {answer.ReasonPhrase}.");
            }
        }
        catch (Exception e) when (e is HttpRequestException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            throw new CameraLostException($"Camera {cameraId}: {_shown} could not be opened: {e.Message}", e);
        }
    }

    // As it was sent: many cameras' headers are not valid.
    private static string Type(HttpResponseMessage answer) => answer.Content.Headers.NonValidated.TryGetValues("Content-Type", out var type) ? type.ToString().Trim() : "";

    private static bool IsPicture(HttpResponseMessage answer) => Type(answer).StartsWith("image/", StringComparison.OrdinalIgnoreCase);

    // Empty when the header has none.
    private string Boundary(HttpResponseMessage answer)
    {
        var type = Type(answer);
        if (type.Length > 0 && !Pictorial().IsMatch(type))
        {
            throw new CameraLostException($"Camera {cameraId}: {_shown} sends {type}, but must send motion JPEG (multipart/x-mixed-replace) or single pictures (image/jpeg).");
        }

        return BoundarySetting().Match(type).Groups["value"].Value;
    }

    private NetworkCredential? Credentials() => address.UserInfo.Split(':', 2) is [var name, var password] && name.Length > 0
        ? new NetworkCredential(Uri.UnescapeDataString(name), Uri.UnescapeDataString(password))
        : null;

    [GeneratedRegex("^(multipart/|video/|application/octet-stream)", RegexOptions.IgnoreCase)]
    private static partial Regex Pictorial();

    [GeneratedRegex("""\bboundary\s*=\s*["']?(?<value>[^"';]*)""", RegexOptions.IgnoreCase)]
    private static partial Regex BoundarySetting();
}

using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Logging;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary>A stream of JPEG pictures in multipart form, as network cameras send it.</summary>
/// <param name="shown">The stream's address, without its password.</param>
internal sealed class MotionJpeg(string cameraId, string shown, Stream stream, string boundary, long mostPixels, TimeProvider time, ILogger logger)
{
    private const int MostBytes = 20_000_000;
    private const int MostBadInARow = 25;
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(10);

    private readonly MultipartReader _parts = new(boundary, stream) { BodyLengthLimit = MostBytes };

    /// <summary>The next picture, BGR. The caller disposes it. Single damaged ones are left out.</summary>
    /// <exception cref="CameraLostException">The stream ended, broke, went silent or holds no pictures.</exception>
    public async Task<Mat> NextAsync(CancellationToken cancellationToken)
    {
        for (var bad = 1; ; bad++)
        {
            var content = await ReadAsync(cancellationToken);
            try
            {
                return Pictures.Decode(content, mostPixels);
            }
            catch (InvalidDataException e) when (bad < MostBadInARow)
            {
                logger.LogWarning("Camera {Camera}: a frame cannot be used and is left out: {Error}", cameraId, e.Message);
            }
            catch (InvalidDataException e)
            {
                throw new CameraLostException($"Camera {cameraId}: {shown} sends no pictures: {e.Message}", e);
            }
        }
    }

    private async Task<byte[]> ReadAsync(CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(Silence, time);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            var part = await _parts.ReadNextSectionAsync(stop.Token) ?? throw new CameraLostException($"Camera {cameraId}: {shown} sends no more frames.");
            using var content = new MemoryStream();
            await part.Body.CopyToAsync(content, stop.Token);
            return content.ToArray();
        }
        catch (EndOfStreamException e)
        {
            throw new CameraLostException($"Camera {cameraId}: {shown} sends no more frames.", e);
        }
        catch (Exception e) when (e is IOException or InvalidDataException)
        {
            throw new CameraLostException($"Camera {cameraId}: {shown} broke off: {e.Message}", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new CameraLostException($"Camera {cameraId}: {shown} sent nothing for {Silence.TotalSeconds} seconds.", e);
        }
    }
}

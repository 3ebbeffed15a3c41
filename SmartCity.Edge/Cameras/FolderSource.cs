using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OpenCvSharp;

namespace SmartCity.Edge.Cameras;

/// <summary><c>folder:PATH</c>: pictures in name order. A picture's capture time is its file's time of last writing.</summary>
internal sealed class FolderSource(string cameraId, string path, long mostPixels, ILogger logger) : ICameraSource
{
    public bool Waits => true;

    /// <summary>Names of files that are pictures.</summary>
    public static bool IsPicture(string file) =>
        Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG";

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path))
        {
            throw new CameraLostException($"Camera {cameraId}: there is no folder {path}.");
        }

        var number = 0L;
        foreach (var file in Directory.EnumerateFiles(path).Where(IsPicture).Order(StringComparer.Ordinal))
        {
            Mat image;
            try
            {
                image = Pictures.Decode(await File.ReadAllBytesAsync(file, cancellationToken), mostPixels);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                logger.LogWarning("Camera {Camera}: {File} is left out: {Error}", cameraId, Path.GetFileName(file), e.Message);
                continue;
            }

            yield return new Frame(cameraId, number++, new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero), image) { Still = true };
        }
    }
}

using System.Runtime.CompilerServices;
using Microsoft.Extensions.Logging;
using OpenCvSharp;
using SmartCity.Edge.Cameras.Recordings;
using SmartCity.Recognition;

namespace SmartCity.Edge.Cameras;

/// <summary><c>folder:PATH</c>: pictures in name order, or one picture.</summary>
/// <param name="budget">Of decoded pixels; it is waited for. Null for none.</param>
/// <param name="bad">Told why a picture cannot be used.</param>
public sealed class FolderSource(string cameraId, string path, RecordingTimes times, long mostPixels, ILogger logger, PixelBudget? budget = null, Action<string>? bad = null) : ICameraSource
{
    public bool Waits => true;

    /// <summary>Names of files that are pictures.</summary>
    public static bool IsPicture(string file) =>
        Path.GetExtension(file).ToUpperInvariant() is ".JPG" or ".JPEG" or ".PNG";

    /// <summary>The pictures of a folder in name order, or the one picture that the path is.</summary>
    public static IEnumerable<string> Files(string path) =>
        File.Exists(path) ? [path] : Directory.EnumerateFiles(path).Where(IsPicture).Order(StringComparer.Ordinal);

    public async IAsyncEnumerable<Frame> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (!Directory.Exists(path) && !File.Exists(path))
        {
            throw new CameraLostException($"Camera {cameraId}: there is no folder or picture {path}.");
        }

        var number = 0L;
        foreach (var (place, file) in Files(path).Index())
        {
            Mat image;
            byte[] content;
            DateTimeOffset taken;
            IDisposable? room = null;
            try
            {
                content = await File.ReadAllBytesAsync(file, cancellationToken);
                taken = times.OfPicture(file, place, content);
                room = budget is null ? null : await budget.TakeAsync(Pictures.Pixels(content, mostPixels), cancellationToken);
                image = Pictures.Decode(content, mostPixels);
            }
            catch (Exception e) when (e is InvalidDataException or IOException)
            {
                room?.Dispose();
                bad?.Invoke($"{Path.GetFileName(file)}: {e.Message}");
                logger.LogWarning("Camera {Camera}: the file {File} cannot be used and is left out: {Error}", cameraId, Path.GetFileName(file), e.Message);
                continue;
            }

            yield return new Frame(cameraId, number++, taken, image) { Still = true, IsTimedElsewhere = true, Origin = FrameOrigin.Of(content), Room = room };
        }
    }
}

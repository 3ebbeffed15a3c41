using OpenCvSharp;
using SmartCity.Contracts.Cities;
using SmartCity.Edge.Cameras;

namespace SmartCity.AllInOne.Replay;

/// <summary>One folder, picture or video that is replayed.</summary>
/// <param name="Source">The camera's source in a city file.</param>
/// <param name="Pictures">How many pictures there are; null for a video.</param>
internal sealed record ReplayInput(string Source, int? Pictures)
{
    /// <param name="paths">Each may have behind it what is known of its time: <see cref="RecordingAddress"/>.</param>
    /// <exception cref="InvalidOperationException">One is not there, empty, or no video; the message names it.</exception>
    public static IReadOnlyList<ReplayInput> Of(IEnumerable<string> paths) => [.. paths.Select(Of)];

    private static ReplayInput Of(string given)
    {
        // Of both kinds the path is the same; what may stand behind it is not.
        var path = Path.GetFullPath(RecordingAddress.PathOf(given));
        var settings = given[RecordingAddress.PathOf(given).Length..];
        if (Directory.Exists(path) || (File.Exists(path) && FolderSource.IsPicture(path)))
        {
            var pictures = FolderSource.Files(path).Count();
            return pictures > 0
                ? new ReplayInput(Checked("folder:" + path + settings, given), pictures)
                : throw new InvalidOperationException($"There is no JPEG or PNG in {path}.");
        }

        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"There is no file or folder {path}.");
        }

        using var video = new VideoCapture(path, VideoCaptureAPIs.ANY);
        return video.IsOpened()
            ? new ReplayInput(Checked("file:" + path + settings, given), null)
            : throw new InvalidOperationException($"{path} is neither a JPEG, a PNG nor a video that can be opened.");
    }

    private static string Checked(string source, string given) =>
        RecordingAddress.Resolve(source).Error is { } error ? throw new InvalidOperationException($"{given}: {error}") : source;
}

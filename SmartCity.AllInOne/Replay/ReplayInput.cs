using OpenCvSharp;
using SmartCity.Edge.Cameras;

namespace SmartCity.AllInOne.Replay;

/// <summary>One folder, picture or video that is replayed.</summary>
/// <param name="Source">The camera's source in a city file.</param>
/// <param name="Pictures">How many pictures there are; null for a video.</param>
internal sealed record ReplayInput(string Source, int? Pictures)
{
    /// <exception cref="InvalidOperationException">One is not there, empty, or no video; the message names it.</exception>
    public static IReadOnlyList<ReplayInput> Of(IEnumerable<string> paths) => [.. paths.Select(p => Of(Path.GetFullPath(p)))];

    private static ReplayInput Of(string path)
    {
        if (Directory.Exists(path) || (File.Exists(path) && FolderSource.IsPicture(path)))
        {
            var pictures = FolderSource.Files(path).Count();
            return pictures > 0
                ? new ReplayInput("folder:" + path, pictures)
                : throw new InvalidOperationException($"There is no JPEG or PNG in {path}.");
        }

        if (!File.Exists(path))
        {
            throw new InvalidOperationException($"There is no file or folder {path}.");
        }

        using var video = new VideoCapture(path, VideoCaptureAPIs.ANY);
        return video.IsOpened()
            ? new ReplayInput("file:" + path, null)
            : throw new InvalidOperationException($"{path} is neither a JPEG, a PNG nor a video that can be opened.");
    }
}

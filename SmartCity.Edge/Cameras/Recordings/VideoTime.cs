using System.Globalization;
using System.Text.Json;
using MetadataExtractor;
using MetadataExtractor.Formats.QuickTime;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras.Recordings;

/// <summary>
/// When a video was made, as its container says: through the program ffprobe, or, where there is none, from the header of an MP4 or QuickTime file (<c>mvhd</c>, ISO 14496-12,
/// section 8.2.2). Containers give UTC.
/// </summary>
internal static class VideoTime
{
    private const string Program = "ffprobe";

    // QuickTime's own tag has an offset and is not touched when the file is packed anew.
    private static readonly string[] Tags = ["com.apple.quicktime.creationdate", "creation_time"];
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(20);

    /// <summary>Null when the file does not say.</summary>
    public static async Task<StampedTime?> OfAsync(string file, CancellationToken cancellationToken) =>
        await AskAsync(file, cancellationToken) ?? await Task.Run(() => Header(file), cancellationToken);

    private static async Task<StampedTime?> AskAsync(string file, CancellationToken cancellationToken)
    {
        string[] arguments = ["-v", "error", "-protocol_whitelist", "file", "-show_entries", "format_tags=" + string.Join(',', Tags), "-of", "json", "-i", Path.GetFullPath(file)];
        if (await OtherProgram.AskAsync(Program, arguments, Longest, cancellationToken) is not { Said: var text })
        {
            return null;
        }

        try
        {
            using var said = JsonDocument.Parse(text);
            return Tags.Select(tag => Of(said, tag)).FirstOrDefault(t => t is not null);
        }
        catch (JsonException)
        {
            return null; // a file that it does not know: the header says it or nothing does
        }
    }

    private static StampedTime? Of(JsonDocument said, string tag) =>
        said.RootElement.TryGetProperty("format", out var format) && format.TryGetProperty("tags", out var tags) && tags.TryGetProperty(tag, out var text)
            && DateTimeOffset.TryParse(text.GetString(), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var at) ? new StampedTime(at.DateTime, at.Offset) : null;

    internal static StampedTime? Header(string file)
    {
        try
        {
            using var stream = File.OpenRead(file);
            var header = ImageMetadataReader.ReadMetadata(stream).OfType<QuickTimeMovieHeaderDirectory>().FirstOrDefault();
            return header is not null && header.TryGetDateTime(QuickTimeMovieHeaderDirectory.TagCreated, out var at) ? new StampedTime(DateTime.SpecifyKind(at, DateTimeKind.Unspecified), TimeSpan.Zero) : null;
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null; // no container that says it
        }
    }
}

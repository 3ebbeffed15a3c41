using Microsoft.Extensions.Logging;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras.Recordings;

/// <summary>
/// When the pictures and videos of a source were taken. What its address says comes first (<c>start=</c>, then <c>name=</c>), then what the file itself says (a picture's EXIF,
/// a video's container), and last the file's time of last writing: that is when a recording ended, so its length is taken off, and it may be when somebody copied it.
/// </summary>
/// <param name="zone">IANA time zone of times that are written without an offset.</param>
public sealed class RecordingTimes(string cameraId, RecordingAddress address, Func<string> zone, ILogger logger)
{
    // A clock that was never set, or a field that was never filled, says 1904, 1970 or 1980.
    private const int EarliestYear = 1990;
    private const int LatestYear = 9000;

    // As far as offsets from UTC go.
    private static readonly TimeSpan Farthest = TimeSpan.FromHours(14);

    private bool _warned;

    /// <param name="place">In its folder, from 0.</param>
    /// <param name="content">The file's bytes.</param>
    public DateTimeOffset OfPicture(string file, long place, byte[] content) =>
        (address.Start is { } start ? In(start) + place * (address.Every ?? TimeSpan.Zero) : null)
        ?? In(address.Name?.In(Path.GetFileName(file)))
        ?? In(PictureTime.Of(content))
        ?? Written(file, TimeSpan.Zero);

    /// <summary>When the first frame of a video was taken.</summary>
    /// <param name="length">Of the video; zero when it is not known.</param>
    public async Task<DateTimeOffset> OfVideoAsync(string file, TimeSpan length, CancellationToken cancellationToken) =>
        In(address.Start)
        ?? In(address.Name?.In(Path.GetFileName(file)))
        ?? In(await VideoTime.OfAsync(file, cancellationToken))
        ?? Written(file, length);

    private DateTimeOffset? In(StampedTime? stamped) => Utc(stamped, cameraId, zone);

    /// <summary>Null of a clock that was never set.</summary>
    /// <exception cref="CameraLostException">It has no offset, and this machine does not know the time zone.</exception>
    internal static DateTimeOffset? Utc(StampedTime? stamped, string cameraId, Func<string> zone)
    {
        if (stamped is not { Local.Year: >= EarliestYear and <= LatestYear } time || time.Offset?.Duration() > Farthest)
        {
            return null;
        }

        if (time.Offset is null && !TimeZoneInfo.TryFindSystemTimeZoneById(zone(), out _))
        {
            throw new CameraLostException($"Camera {cameraId}: this machine does not know the city's time zone {zone()}. Correct timeZone in the city file, or install the package tzdata.");
        }

        // An hour that occurs twice in autumn is the second one.
        var offset = time.Offset ?? TimeZoneInfo.FindSystemTimeZoneById(zone()).GetUtcOffset(time.Local);
        return new DateTimeOffset(time.Local, offset).ToUniversalTime();
    }

    private DateTimeOffset Written(string file, TimeSpan length)
    {
        if (!_warned)
        {
            _warned = true;
            logger.LogWarning(
                "Camera {Camera}: nothing says when {File} was recorded. The time when the file was written is used, which is wrong if it was copied, and charging days follow from it. "
                + "Write #start=2026-05-04T08:15:00Z (for a folder also &every=00:00:01) or, if the names contain the time, #name=yyyyMMdd-HHmmss at the end of the camera's source.",
                cameraId, Path.GetFileName(file));
        }

        return new DateTimeOffset(File.GetLastWriteTimeUtc(file), TimeSpan.Zero) - length;
    }
}

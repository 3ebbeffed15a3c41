using System.Globalization;
using MetadataExtractor;
using MetadataExtractor.Formats.Exif;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge.Cameras.Recordings;

/// <summary>When a picture was taken, as its EXIF says: <c>DateTimeOriginal</c> with <c>SubSecTimeOriginal</c> and <c>OffsetTimeOriginal</c> (CIPA DC-008, section 4.6.5).</summary>
internal static class PictureTime
{
    private const string Written = "yyyy:MM:dd HH:mm:ss";
    private const string Offset = @"\+hh\:mm";
    private const string OffsetBehind = @"\-hh\:mm";

    /// <summary>Null when the picture does not say, or cannot be read.</summary>
    public static StampedTime? Of(byte[] content)
    {
        try
        {
            using var stream = new MemoryStream(content, writable: false);
            return ImageMetadataReader.ReadMetadata(stream).OfType<ExifSubIfdDirectory>().Select(Of).FirstOrDefault(t => t is not null);
        }
        catch (Exception e) when (e is not OutOfMemoryException)
        {
            return null; // its pixels may be well
        }
    }

    private static StampedTime? Of(ExifSubIfdDirectory exif)
    {
        if (!DateTime.TryParseExact(exif.GetString(ExifDirectoryBase.TagDateTimeOriginal), Written, CultureInfo.InvariantCulture, DateTimeStyles.AllowWhiteSpaces, out var local))
        {
            return null;
        }

        var part = exif.GetString(ExifDirectoryBase.TagSubsecondTimeOriginal)?.Trim();
        var parts = double.TryParse("0." + part, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(seconds) : TimeSpan.Zero;
        var zone = exif.GetString(ExifDirectoryBase.TagTimeZoneOriginal)?.Trim() ?? "";
        return new StampedTime(
            local + parts,
            TimeSpan.TryParseExact(zone, Offset, CultureInfo.InvariantCulture, out var ahead) ? ahead
                : TimeSpan.TryParseExact(zone, OffsetBehind, CultureInfo.InvariantCulture, TimeSpanStyles.AssumeNegative, out var behind) ? behind
                : null);
    }
}

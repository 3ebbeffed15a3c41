using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Contracts.Cities;

/// <summary>
/// A <c>folder:</c> or <c>file:</c> source: its path, and behind it what is known of its time, such as <c>file:/gate.mp4#start=2026-05-04T08:15:00+01:00</c>,
/// <c>folder:/gate#start=2026-05-04T08:15:00&amp;every=00:00:01</c> or <c>folder:/gate#name=yyyyMMdd-HHmmss</c>.
/// </summary>
public sealed partial record RecordingAddress(string Path)
{
    private static readonly TimeSpan Seldom = TimeSpan.FromDays(1);

    /// <summary>When a video's first frame or a folder's first picture was taken.</summary>
    public StampedTime? Start { get; init; }

    /// <summary>From one picture of a folder to the next.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Where the time stands in the files' names.</summary>
    public NamedTime? Name { get; init; }

    /// <summary>A path without what stands behind it about time.</summary>
    public static string PathOf(string path) => Settings().Match(path) is { Success: true } settings ? path[..settings.Index] : path;

    /// <summary>Reads an address that begins with <c>folder:</c> or <c>file:</c>.</summary>
    /// <returns>Either the address or what is wrong with it, in plain English.</returns>
    public static (RecordingAddress? Address, string? Error) Resolve(string source)
    {
        var isFolder = source.StartsWith("folder:", StringComparison.Ordinal);
        var path = source[(source.IndexOf(':', StringComparison.Ordinal) + 1)..];
        var address = new RecordingAddress(PathOf(path));
        if (address.Path.Length == 0)
        {
            return (null, $"source has no path after {(isFolder ? "folder" : "file")}:.");
        }

        foreach (var (key, value) in Settings().Match(path).Groups["setting"].Captures.Select(c => c.Value.Split('=', 2)).Select(s => (s[0], s[1])))
        {
            switch (key)
            {
                case "start" when StampedTime.Parse(value) is { } start:
                    address = address with { Start = start };
                    break;
                case "start":
                    return (null, $"source: start is '{value}'; it must be a time such as 2026-05-04T08:15:00Z or, in the city's time, 2026-05-04T08:15:00.");
                case "every" when TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out var every) && every > TimeSpan.Zero && every <= Seldom:
                    address = address with { Every = every };
                    break;
                case "every":
                    return (null, $"source: every is '{value}'; it must be a time of up to a day, such as 00:00:01 for a second.");
                case "name" when NamedTime.Of(value) is { } name:
                    address = address with { Name = name };
                    break;
                default:
                    return (null, $"source: name is '{value}'; {NamedTime.Rule}.");
            }
        }

        if (!isFolder && address.Every is not null)
        {
            return (null, "source: every is for folders of pictures; a video's frames have their own times.");
        }

        return isFolder && (address.Start is null) != (address.Every is null)
            ? (null, "source: start and every belong together for a folder: when its first picture was taken, and how long after each picture the next one was, such as #start=2026-05-04T08:15:00Z&every=00:00:01.")
            : (address, null);
    }

    [GeneratedRegex("#(?<setting>(start|every|name)=[^&#]*)(&(?<setting>(start|every|name)=[^&#]*))*$", RegexOptions.ExplicitCapture)]
    private static partial Regex Settings();
}

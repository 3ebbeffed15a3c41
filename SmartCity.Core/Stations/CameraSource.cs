namespace SmartCity.Core.Stations;

/// <summary>Addresses of cameras: which there are, and how one is shown that has a password in it.</summary>
internal static class CameraSource
{
    private const string Hidden = "***";
    private const int Longest = 2000;
    private static readonly string[] Kinds = ["rtsp", "rtsps", "http", "https", "folder", "file", "simulated"];

    /// <summary>What is wrong with an address; null when nothing is. Whether pictures come from it only its edge can say.</summary>
    public static string? Check(string? source)
    {
        if (string.IsNullOrWhiteSpace(source) || source.Length > Longest)
        {
            return "source must be rtsp://…, http://…, folder:/path, file:/path.mp4, upload or simulated:?seed=1.";
        }

        if (source == "upload")
        {
            return null;
        }

        var colon = source.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? source : source[..colon];
        if (colon < 0 || !Kinds.Contains(kind))
        {
            return $"source begins with '{kind}', which is none of rtsp://…, http://…, folder:/path, file:/path.mp4, upload, simulated:?seed=1.";
        }

        if (kind is "rtsp" or "rtsps" or "http" or "https")
        {
            return Uri.TryCreate(source, UriKind.Absolute, out var address) && address.Host.Length > 0 ? null : "source is no valid address; such as rtsp://host/stream.";
        }

        return kind is "folder" or "file" && source.Length == colon + 1 ? $"source has no path after {kind}:." : null;
    }

    /// <summary>The address without its password.</summary>
    public static string? Shown(string? source)
    {
        if (Password(source) is not var (from, to))
        {
            return source;
        }

        return source![..from] + Hidden + source[to..];
    }

    /// <summary>The address that is meant when somebody sends back what was shown to them.</summary>
    public static string Meant(string source, string? before) => before is not null && source == Shown(before) ? before : source;

    private static (int From, int To)? Password(string? source)
    {
        var host = source?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        if (host < 0)
        {
            return null;
        }

        host += 3;
        var end = source!.IndexOf('/', host) is var slash && slash < 0 ? source.Length : slash;
        var at = source.LastIndexOf('@', end - 1, end - host);
        var colon = at < 0 ? -1 : source.IndexOf(':', host, at - host);
        return colon < 0 ? null : (colon + 1, at);
    }
}

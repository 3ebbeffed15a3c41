using System.Text.RegularExpressions;

namespace SmartCity.Contracts.Cities;

/// <summary>Addresses of cameras: which are valid, and how one that contains a password is shown.</summary>
public static partial class CameraAddress
{
    private const string Hidden = "***";
    private const int Longest = 2000;
    private static readonly HashSet<string> Harmless = new(
        ["channel", "ch", "camera", "stream", "subtype", "profile", "resolution", "size", "width", "height", "fps", "codec", "videocodec", "compression", "quality", "rotation", "mirror", "unicast", "proto"],
        StringComparer.OrdinalIgnoreCase);

    private static readonly string[] Kinds = ["rtsp", "rtsps", "http", "https", "folder", "file", "simulated"];

    /// <summary>What is wrong with an address; null if nothing is. Only the edge can find out whether it sends pictures.</summary>
    public static string? Check(string? source)
    {
        if (string.IsNullOrWhiteSpace(source) || source.Length > Longest)
        {
            return "source must be rtsp://…, http://…, folder:/path, file:/path.mp4, upload or simulated:?seed=1.";
        }

        if (source.Contains(Hidden, StringComparison.Ordinal))
        {
            return $"source contains {Hidden} in place of a password or another hidden value, but no value is stored for it. Type it in full.";
        }

        if (source == "upload")
        {
            return null;
        }

        var colon = source.IndexOf(':', StringComparison.Ordinal);
        var kind = colon < 0 ? source : source[..colon];
        if (colon < 0 || !Kinds.Contains(kind))
        {
            return $"source begins with '{kind}'; it must be rtsp://…, http://…, folder:/path, file:/path.mp4, upload or simulated:?seed=1.";
        }

        if (kind is "rtsp" or "rtsps" or "http" or "https")
        {
            return Uri.TryCreate(source, UriKind.Absolute, out var address) && address.Host.Length > 0 ? null : "source is not a valid address such as rtsp://host/stream.";
        }

        return kind is "folder" or "file" && source.Length == colon + 1 ? $"source has no path after {kind}:." : null;
    }

    /// <summary>
    /// The address without its secrets. Hidden are the password before the host (or everything there, if it is not a name and a password), and each
    /// <c>name=value</c> in the path or the query whose name and value are not known to be harmless.
    /// </summary>
    public static string? Shown(string? source)
    {
        if (Split(source) is not var (host, secret, path))
        {
            return source;
        }

        return (secret.Length == 0 ? host : host.Replace(secret + "@", Hidden + "@", StringComparison.Ordinal)) + Setting().Replace(path, m => Secret(m).Length == 0 ? m.Value : m.Groups["name"].Value + Hidden);
    }

    /// <summary>
    /// The full address, when somebody sends back one that was shown with hidden values: each hidden value is filled in from the known address, but only
    /// for the same host. Values that are hidden afterwards are not known.
    /// </summary>
    public static string Meant(string source, string? before)
    {
        if (!source.Contains(Hidden, StringComparison.Ordinal) || Split(source) is not var (host, _, path) || Split(before) is not var (knownHost, _, knownPath)
            || host != Split(Shown(before))!.Value.Host)
        {
            return source;
        }

        // Of several with one name the first is the first.
        var known = Setting().Matches(knownPath).Where(m => Secret(m).Length > 0).GroupBy(m => m.Groups["name"].Value).ToDictionary(g => g.Key, g => new Queue<string>(g.Select(Secret)));
        return knownHost + Setting().Replace(path, m => Secret(m) == Hidden && known.TryGetValue(m.Groups["name"].Value, out var values) && values.TryDequeue(out var value) ? m.Groups["name"].Value + value : m.Value);
    }

    // What of a setting nobody may see; empty when there is nothing.
    private static string Secret(Match setting) =>
        Harmless.Contains(setting.Groups["name"].Value.TrimEnd('=')) && Plain().IsMatch(setting.Groups["value"].Value) ? "" : setting.Groups["value"].Value;

    // Scheme and host with who signs in there, what of that is secret, and what comes behind; null for what is no address of the network.
    private static (string Host, string Secret, string Path)? Split(string? source)
    {
        var host = source?.IndexOf("://", StringComparison.Ordinal) ?? -1;
        if (source is null || host < 0)
        {
            return null;
        }

        host += 3;
        var end = source.AsSpan(host).IndexOfAny('/', '?', '#') is var found && found < 0 ? source.Length : host + found;
        var at = source[..end].LastIndexOf('@');
        var colon = at < host ? -1 : source.IndexOf(':', host, at - host);
        return (source[..end], at < host ? "" : source[(colon < 0 ? host : colon + 1)..at], source[end..]);
    }

    // A name with its value wherever it stands; in the query also what has no name.
    [GeneratedRegex(@"(?<name>[A-Za-z][\w.\-\[\]]*=)(?<value>[^&;?#/]*)|(?<=[?&;#])(?<name>)(?<value>[^&;?#=]+)(?=$|[&;?#])")]
    private static partial Regex Setting();

    [GeneratedRegex(@"^[A-Za-z0-9.:\-]{1,16}$")]
    private static partial Regex Plain();
}

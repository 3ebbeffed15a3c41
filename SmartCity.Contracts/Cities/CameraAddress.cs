using System.Globalization;
using System.Text.RegularExpressions;

namespace SmartCity.Contracts.Cities;

/// <summary>Addresses of cameras: which are valid, and how one that contains a password is shown.</summary>
public static partial class CameraAddress
{
    private const string Hidden = "***";
    private const int Longest = 2000;
    private static readonly HashSet<string> Harmless = new(
        ["channel", "ch", "camera", "stream", "subtype", "profile", "resolution", "size", "width", "height", "fps", "codec", "videocodec", "compression", "quality", "rotation", "mirror", "unicast", "proto", "every"],
        StringComparer.OrdinalIgnoreCase);

    private const string EverySetting = "#every=";
    private static readonly TimeSpan Often = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Seldom = TimeSpan.FromHours(1);

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

        if (source is "upload" or "upload:stream")
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
            return Resolve(source).Error;
        }

        return kind is "folder" or "file" ? RecordingAddress.Resolve(source).Error : null;
    }

    /// <summary>
    /// The address to ask, of a camera on the network. A password may be typed as it is, with <c>@ # : / ?</c> in it, as long as the address can be read in one way only; its
    /// characters are encoded here (RFC 3986, section 2.1).
    /// </summary>
    /// <returns>Either the address or what is wrong with it; the message names how to write it and never contains the password.</returns>
    public static (Uri? Address, string? Error) Resolve(string source)
    {
        if (Read(source) is not { } read)
        {
            return (null, "source is not a valid address such as rtsp://host/stream.");
        }

        if (read.Ambiguous)
        {
            var scheme = source[..source.IndexOf(':', StringComparison.Ordinal)];
            var name = source[(scheme.Length + 3)..read.At].Split(':', 2)[0];
            return (null, $"source can be read in two ways, because its password, or its path, contains characters that separate the parts of an address. Write it as {scheme}://{name}:PASSWORD@{source[(read.At + 1)..read.End]}/… "
                + "and write in PASSWORD %40 for @, %2F for /, %3A for :, %23 for #, %3F for ? and %25 for %. An @ in the path is written %40, too.");
        }

        var whole = source;
        if (read.At >= 0)
        {
            var from = source.IndexOf("://", StringComparison.Ordinal) + 3;
            var who = source[from..read.At].Split(':', 2);
            whole = source[..from] + string.Join(':', who.Select(Encoded)) + source[read.At..];
        }

        return !Uri.TryCreate(whole, UriKind.Absolute, out var address) || address.Host.Length == 0
            ? (null, "source is not a valid address such as rtsp://host/stream.")
            : address.Scheme is "http" or "https" && Interval(address) is null
                ? (null, $"source: every is '{address.Fragment[EverySetting.Length..]}'; it must be from 0.1 seconds to an hour, such as #every=00:00:05.")
                : (address, null);
    }

    /// <summary>How often a camera that sends single pictures is asked for one: <c>#every=00:00:05</c> or <c>#every=5</c> (seconds) at the end of its address; otherwise every second.</summary>
    public static TimeSpan Every(Uri address) => Interval(address) ?? TimeSpan.FromSeconds(1);

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

    // Null when it is no time from 0.1 seconds to an hour.
    private static TimeSpan? Interval(Uri address)
    {
        if (!address.Fragment.StartsWith(EverySetting, StringComparison.Ordinal))
        {
            return TimeSpan.FromSeconds(1);
        }

        var text = address.Fragment[EverySetting.Length..];
        var every = double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds) ? TimeSpan.FromSeconds(Math.Min(seconds, 1e6))
            : TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out var time) ? time : TimeSpan.Zero;
        return every >= Often && every <= Seldom ? every : null;
    }

    // What is encoded already stays.
    private static string Encoded(string who) => string.Concat(Piece().Matches(who).Select(m => m.Length == 3 && m.Value[0] == '%' ? m.Value : Uri.EscapeDataString(m.Value)));

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
        if (Read(source) is { } read)
        {
            (at, end) = (read.At, read.End);
        }

        var colon = at < host ? -1 : source.IndexOf(':', host, at - host);
        return (source[..end], at < host ? "" : source[(colon < 0 ? host : colon + 1)..at], source[end..]);
    }

    // Where the host begins (behind At, which is −1 when nobody signs in) and ends. The standard reading (RFC 3986, section 3.2) ends the host at the first / ? or #; another one
    // is possible when an @ behind those is followed by a host. Null when there is no reading.
    private static (int At, int End, bool Ambiguous)? Read(string source)
    {
        var from = source.IndexOf("://", StringComparison.Ordinal) + 3;
        if (from < 3)
        {
            return null;
        }

        var end = source.AsSpan(from).IndexOfAny('/', '?', '#') is var found && found < 0 ? source.Length : from + found;
        var at = source.LastIndexOf('@', end - 1, end - from);
        var standard = Host().Match(source, at < 0 ? from : at + 1) is { Success: true } match && match.Index + match.Length == end
            && (end == source.Length || source[end] != '#' || source[end..].StartsWith(EverySetting, StringComparison.Ordinal)) ? match.Value : null;
        var others = new List<(int At, int End, string Host)>();
        for (var other = source.IndexOf('@', end); other >= 0; other = source.IndexOf('@', other + 1))
        {
            if (source.AsSpan(from, other - from).Contains(':') && Host().Match(source, other + 1) is { Success: true } host && (IsSure(host.Value) || host.Value.Any(char.IsAsciiLetter)))
            {
                others.Add((other, host.Index + host.Length, host.Value));
            }
        }

        if (standard is not null && (others.Count == 0 || IsAddress(standard) || (standard.Contains('.', StringComparison.Ordinal) && !others.Exists(o => IsSure(o.Host)))))
        {
            return (at, end, false);
        }

        return others.Count == 0 ? null : (others[^1].At, others[^1].End, standard is not null || others.Count > 1);
    }

    private static bool IsSure(string host) => IsAddress(host) || host.Contains('.', StringComparison.Ordinal);

    private static bool IsAddress(string host) => host[0] == '[' || host.Split(':')[0] is var name && (name == "localhost" || System.Net.IPAddress.TryParse(name, out _) && name.Contains('.', StringComparison.Ordinal));

    // A name with its value wherever it stands; in the query also what has no name.
    [GeneratedRegex(@"(?<name>[A-Za-z][\w.\-\[\]]*=)(?<value>[^&;?#/]*)|(?<=[?&;#])(?<name>)(?<value>[^&;?#=]+)(?=$|[&;?#])")]
    private static partial Regex Setting();

    [GeneratedRegex(@"\G(\[[0-9A-Fa-f:.%]+\]|[\p{L}\p{Nd}_.\-]+)(:[0-9]{1,5})?(?=[/?#]|$)")]
    private static partial Regex Host();

    [GeneratedRegex("%[0-9A-Fa-f]{2}|[^%]+|%")]
    private static partial Regex Piece();

    [GeneratedRegex(@"^[A-Za-z0-9.:\-]{1,16}$")]
    private static partial Regex Plain();
}

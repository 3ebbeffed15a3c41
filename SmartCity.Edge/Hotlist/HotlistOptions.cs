using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Hotlist;

/// <summary>Section <c>Edge:Hotlist</c>: the part of the hot-list that this edge holds, from the core of <c>Edge:Configuration</c>.</summary>
public sealed class HotlistOptions
{
    public const string Section = "Edge:Hotlist";

    /// <summary>Characters of a receiver's secret, at least.</summary>
    public const int ShortestSecret = 16;

    /// <summary>Whether the edge holds a hot-list; without a core's address it never does.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How often the core is asked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A list that the core has not confirmed for so long still counts, and is said to be old.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Stale { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The site's own receivers.</summary>
    public IList<HotlistReceiver> Webhooks { get; } = [];

    /// <summary>A receiver's time to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>After the first attempt that failed; doubles with each that follows.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest time between two attempts; what is found meanwhile is tried at once.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A match that a receiver did not take for this long is given up.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Matches that wait for a receiver; the oldest is given up for a new one.</summary>
    [Range(1, 100_000)]
    public int MostWaiting { get; set; } = 10_000;
}

/// <summary>Where matches go, such as the control room of a tunnel.</summary>
public sealed class HotlistReceiver
{
    /// <summary>http or https.</summary>
    public Uri? Address { get; set; }

    /// <summary>Signs what it is sent.</summary>
    public string? Secret { get; set; }

    internal bool IsValid => Address is { IsAbsoluteUri: true, Scheme: "http" or "https" } && Secret?.Length >= HotlistOptions.ShortestSecret;
}

using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Hotlist;

/// <summary>Section <c>Edge:Hotlist</c>: the part of the hot-list that this edge holds, from the core of <c>Edge:Configuration</c>.</summary>
public sealed class HotlistOptions
{
    public const string Section = "Edge:Hotlist";

    /// <summary>Least number of characters of a receiver's secret.</summary>
    public const int ShortestSecret = 16;

    /// <summary>Whether the edge holds a hot-list; without a core's address it never does.</summary>
    public bool Enabled { get; set; } = true;

    /// <summary>How often the core is asked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A hot-list that the core has not confirmed for this long is reported as old; it is still used.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan Stale { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The site's own receivers.</summary>
    public IList<HotlistReceiver> Webhooks { get; } = [];

    /// <summary>How long a receiver may take to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Wait before the second attempt; it doubles with each further attempt.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between two attempts; a new match is sent at once.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A match that a receiver did not take for this long is given up.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many matches may wait for a receiver; above it, the oldest is given up.</summary>
    [Range(1, 100_000)]
    public int MostWaiting { get; set; } = 10_000;
}

/// <summary>A receiver of matches, such as the control room of a tunnel.</summary>
public sealed class HotlistReceiver
{
    /// <summary>http or https.</summary>
    public Uri? Address { get; set; }

    /// <summary>Signs the messages to this receiver.</summary>
    public string? Secret { get; set; }

    internal bool IsValid => Address is { IsAbsoluteUri: true, Scheme: "http" or "https" } && Secret?.Length >= HotlistOptions.ShortestSecret;
}

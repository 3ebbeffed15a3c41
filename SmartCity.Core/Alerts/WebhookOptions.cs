using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Alerts;

/// <summary>Section <c>Core:Webhooks</c>.</summary>
public sealed class WebhookOptions
{
    public const string Section = "Core:Webhooks";

    /// <summary>Whether receivers may be in private networks, on this machine or beside it. If not, only addresses of the internet are connected to.</summary>
    public bool AllowPrivate { get; set; }

    /// <summary>How long a receiver has to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:01:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>After the first attempt that failed; doubles with each that follows.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time between two attempts.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "12:00:00")]
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>A delivery that nobody took for this long is dead.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(24);

    /// <summary>Deliveries to one webhook at a time.</summary>
    [Range(1, 64)]
    public int AtOnce { get; set; } = 4;
}

using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Notifications;

/// <summary>Section <c>Core:Notifications</c>.</summary>
public sealed class NotificationOptions
{
    public const string Section = "Core:Notifications";

    /// <summary>Whether messages name the plate and the reason. If not, the plate is masked and the reason is left out; the link leads to both.</summary>
    public bool ShowPlates { get; set; }

    /// <summary>Where people reach the console, for links in messages, such as <c>https://smartcity.example.org</c>.</summary>
    public Uri? ConsoleAddress { get; set; }

    /// <summary>After the first attempt that failed; doubles with each that follows.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan FirstRetry { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest time between two attempts.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "12:00:00")]
    public TimeSpan LongestRetry { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>What nobody took for this long is dead, and an alert that is older is not told of.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromHours(24);
}

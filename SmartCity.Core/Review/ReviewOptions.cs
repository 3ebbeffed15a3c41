using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Review;

/// <summary>Section <c>Core:Review</c>.</summary>
public sealed class ReviewOptions
{
    public const string Section = "Core:Review";

    /// <summary>A decision that would charge somebody is carried out when a second person comes to the same.</summary>
    public bool TwoPeople { get; set; }

    /// <summary>How long a case stays with the person who has it in front.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "08:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a decision can be taken back by whoever made it; later it is corrected.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan UndoWithin { get; set; } = TimeSpan.FromMinutes(15);
}

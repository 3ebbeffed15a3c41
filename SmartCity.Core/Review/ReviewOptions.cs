using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Review;

/// <summary>Section <c>Core:Review</c>.</summary>
public sealed class ReviewOptions
{
    public const string Section = "Core:Review";

    /// <summary>Whether a decision that would charge somebody, or take a charge back, takes effect only when a second person makes the same.</summary>
    public bool TwoPeople { get; set; }

    /// <summary>Share (0–1) of sure readings that people are asked to confirm, chosen at random, so that training and its judgement do not see failures alone.</summary>
    [Range(0.0, 1.0)]
    public double AuditSampleShare { get; set; }

    /// <summary>How long a case is reserved for the person who has it on the screen.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "08:00:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How long the person who made a decision can undo it; later the reading can be corrected.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "1.00:00:00")]
    public TimeSpan UndoWithin { get; set; } = TimeSpan.FromMinutes(15);
}

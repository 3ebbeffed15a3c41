using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Retention;

/// <summary>Section <c>Core:Retention</c>. How long what is kept is data: <c>/api/retention</c>.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Core:Retention";

    /// <summary>How often what is over is removed; for the first time this long after the start, an hour at most.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromDays(1);

    /// <summary>Rows or objects of one batch.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 1_000;
}

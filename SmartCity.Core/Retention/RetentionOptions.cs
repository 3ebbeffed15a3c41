using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Retention;

/// <summary>Section <c>Core:Retention</c>. How long each kind of record is kept is in the database: <c>/api/retention</c>.</summary>
public sealed class RetentionOptions
{
    public const string Section = "Core:Retention";

    /// <summary>How often records past their retention are removed; the first time after this time or an hour, whichever is shorter.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many days sightings are kept until somebody changes that, and pictures no longer than they; null for what the database says.</summary>
    [Range(30, 3_650)]
    public int? SightingsDays { get; set; }

    /// <summary>How many rows or objects are removed at a time.</summary>
    [Range(1, 10_000)]
    public int BatchSize { get; set; } = 1_000;
}

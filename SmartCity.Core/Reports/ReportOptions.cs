using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Reports;

/// <summary>Section <c>Core:Reports</c>: what reports may take of the database.</summary>
public sealed class ReportOptions
{
    public const string Section = "Core:Reports";

    /// <summary>What a query of a report may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Reports of one core at a time; others wait.</summary>
    [Range(1, 16)]
    public int AtOnce { get; set; } = 2;

    /// <summary>Megabytes in which Postgres sorts and groups before it goes to its disk.</summary>
    [Range(1, 16_384)]
    public int WorkMemory { get; set; } = 64;
}

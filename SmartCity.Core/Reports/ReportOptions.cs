using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Reports;

/// <summary>Section <c>Core:Reports</c>: how much of the database reports may use.</summary>
public sealed class ReportOptions
{
    public const string Section = "Core:Reports";

    /// <summary>How long a report's query may take before it is stopped.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many reports one core runs at the same time; others wait.</summary>
    [Range(1, 16)]
    public int AtOnce { get; set; } = 2;

    /// <summary>Megabytes that Postgres may use to sort and group before it uses its disk.</summary>
    [Range(1, 16_384)]
    public int WorkMemory { get; set; } = 64;
}

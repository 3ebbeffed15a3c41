using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Ops;

/// <summary>Section <c>Core:Ops</c>: how often Kafka, Postgres and the object store are measured.</summary>
public sealed class OpsOptions
{
    public const string Section = "Core:Ops";

    /// <summary>Time between two measurements of the core's Kafka and Postgres.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:05:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Time between two counts of the object store; after a slow count the wait is twenty times as long as the count took.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan CountEvery { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long the figures of <c>GET /api/ops/history</c> are kept.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "366.00:00:00")]
    public TimeSpan HistoryFor { get; set; } = TimeSpan.FromDays(7);
}

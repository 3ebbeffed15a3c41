using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Doubts;

/// <summary>Section <c>Core:Doubts</c>: when a reading that is sure by itself goes to a person before it is charged.</summary>
public sealed class DoubtOptions
{
    public const string Section = "Core:Doubts";

    /// <summary>No vehicle gets from station to station faster, in kilometres an hour along the straight line. A plate that seems to has been cloned or misread.</summary>
    [Range(50, 1_000)]
    public double FastestKilometresAnHour { get; set; } = 180;

    /// <summary>How far apart the clocks of two stations may be.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Two readings at one station that hardly differ are taken to be of one vehicle when no more than this lies between them.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan OneVehicleWithin { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>For how long a person looks at each charge of a vehicle after a dispute of it was upheld; none if it is zero.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "366.00:00:00")]
    public TimeSpan WatchAfterDispute { get; set; } = TimeSpan.FromDays(28);
}

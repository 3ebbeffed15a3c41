using System.ComponentModel.DataAnnotations;
using SmartCity.Contracts;

namespace SmartCity.Core.Sightings;

/// <summary>Section <c>Core:Sightings</c>.</summary>
public sealed class SightingOptions
{
    public const string Section = "Core:Sightings";

    /// <summary>A capture time further ahead than this of the moment at which the sighting is stored is a wrong clock's: nothing is charged before a person has looked.</summary>
    public static readonly TimeSpan Ahead = TimeSpan.FromMinutes(2);

    /// <summary>Kafka consumer group.</summary>
    [Required]
    public string Group { get; set; } = ConsumerGroups.Ingest;

    /// <summary>How many records one transaction stores at most.</summary>
    [Range(1, 20_000)]
    public int BatchSize { get; set; } = 2_000;

    /// <summary>How many batches, each of other stations, are stored side by side.</summary>
    [Range(1, 8)]
    public int Lanes { get; set; } = 3;

    /// <summary>How long a batch that is not full waits for more.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:01")]
    public TimeSpan Linger { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>A read below this probability is doubtful: it goes to review and is never charged.</summary>
    [Range(Sighting.LeastSure, 1.0)]
    public double DoubtfulBelow { get; set; } = Sighting.LeastSure;

    /// <summary>Country of the registry's vehicles, two letters of ISO 3166: a plate that looks like another country's goes to review before it is charged. If it is left out, the city file's country.</summary>
    [RegularExpression("[A-Z]{2}")]
    public string? HomeCountry { get; set; }

    /// <summary>A capture time further ahead of the core's clock than this makes a sighting a dead letter.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "366.00:00:00")]
    public TimeSpan FutureTolerance { get; set; } = TimeSpan.FromDays(1);

    /// <summary>A capture time further back than this makes a sighting a dead letter.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "36525.00:00:00")]
    public TimeSpan PastTolerance { get; set; } = TimeSpan.FromDays(3653);
}

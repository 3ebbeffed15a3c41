using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge;

/// <summary>Section <c>Edge</c>.</summary>
public sealed class EdgeOptions
{
    public const string Section = "Edge";

    /// <summary>The city file; null for the demo city.</summary>
    public string? CityFile { get; set; }

    /// <summary>Ids of the stations that this process serves; empty for all.</summary>
    public IList<string> Stations { get; } = [];

    /// <summary>Folder of the spool, one below it for each station.</summary>
    [Required]
    public string SpoolPath { get; set; } = Path.Combine(".smartcity", "spool");

    /// <summary>How long a delivered sighting stays in the spool.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SpoolRetention { get; set; } = TimeSpan.FromHours(72);

    /// <summary>Bytes of a station's spool, delivered sightings included, above which the oldest delivered go before their time.</summary>
    [Range(1_000_000, long.MaxValue)]
    public long SpoolBytes { get; set; } = 2_000_000_000;

    /// <summary>Free bytes on the spool's disk under which pictures are shed; sightings are still written.</summary>
    [Range(0, long.MaxValue)]
    public long ShedPicturesBelowBytes { get; set; } = 500_000_000;

    /// <summary>What a partition of the edge's broker keeps, where it forgets without regard to who has read; null for a real Kafka.</summary>
    [Range(1, long.MaxValue)]
    public long? BrokerPartitionBytes { get; set; }

    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often each camera's newest picture is put into the object store.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PictureInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Key that <c>POST /cameras/{id}/frames</c> asks for in <c>X-Api-Key</c>; without one nothing can be uploaded.</summary>
    [MinLength(16)]
    public string? UploadKey { get; set; }

    /// <summary>Bytes of an uploaded picture.</summary>
    [Range(1_000, 100_000_000)]
    public int UploadBytes { get; set; } = 10_000_000;

    /// <summary>Pixels of a picture, uploaded or read from a file.</summary>
    [Range(10_000, 400_000_000)]
    public int PicturePixels { get; set; } = 50_000_000;

    /// <summary>Frames of one camera that wait for recognition; the oldest is dropped for a new one.</summary>
    [Range(1, 256)]
    public int FramesWaiting { get; set; } = 8;

    /// <summary>Threads that recognise, over all cameras of this process.</summary>
    [Range(1, 64)]
    public int RecognitionThreads { get; set; } = 1;

    /// <summary>How many times faster than life simulated cameras go.</summary>
    [Range(0.1, 1000)]
    public double SimulationSpeed { get; set; } = 1;
}

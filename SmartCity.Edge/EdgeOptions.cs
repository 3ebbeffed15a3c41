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

    /// <summary>Size limit of a station's spool in bytes; above it, the oldest delivered sightings are deleted early.</summary>
    [Range(1_000_000, long.MaxValue)]
    public long SpoolBytes { get; set; } = 2_000_000_000;

    /// <summary>When fewer bytes than this are free on the spool's disk, evidence pictures are given up; sightings are still written.</summary>
    [Range(0, long.MaxValue)]
    public long ShedPicturesBelowBytes { get; set; } = 500_000_000;

    /// <summary>How many bytes all spools of the process may take together, where their disk is for other things too; null for the whole disk.</summary>
    [Range(10_000_000, long.MaxValue)]
    public long? SpoolDiskBytes { get; set; }

    /// <summary>How many bytes a partition keeps, if the edge's broker deletes records that nobody has read; null for a real Kafka.</summary>
    [Range(1, long.MaxValue)]
    public long? BrokerPartitionBytes { get; set; }

    /// <summary>How often the edge compares its spool with what the core has.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "01:00:00")]
    public TimeSpan CompareInterval { get; set; } = TimeSpan.FromSeconds(30);

    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How often each camera's newest picture is put into the object store.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan PictureInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Whether the edge asks its machine if the clock is synchronised; false where something outside it keeps the clock.</summary>
    public bool ClockChecked { get; set; } = true;

    /// <summary>A clock that is further from its reference than this is not synchronised.</summary>
    [Range(typeof(TimeSpan), "00:00:00.001", "01:00:00")]
    public TimeSpan ClockTolerance { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Key that an upload, <c>POST /cameras/{id}/frames</c>, must send in <c>X-Api-Key</c>; without one, uploads are refused.</summary>
    [MinLength(16)]
    public string? UploadKey { get; set; }

    /// <summary>Largest upload in bytes.</summary>
    [Range(1_000, 100_000_000)]
    public int UploadBytes { get; set; } = 10_000_000;

    /// <summary>Largest picture from outside in pixels.</summary>
    [Range(10_000, 400_000_000)]
    public int PicturePixels { get; set; } = 50_000_000;

    /// <summary>How many pixels of uploaded pictures and picture files may be in memory at a time, for all cameras of the process together; one picture alone is always taken.</summary>
    [Range(10_000, 10_000_000_000L)]
    public long DecodedPixels { get; set; } = 200_000_000;

    /// <summary>
    /// How many frames of a camera may wait to be read; a live camera then drops its oldest frame. A waiting frame holds all its pixels, 2.8 MB at
    /// 1280 × 720, and one that waits longer comes too late for an alert.
    /// </summary>
    [Range(1, 256)]
    public int FramesWaiting { get; set; } = 3;

    /// <summary>Threads that read frames, for all cameras of this process together.</summary>
    [Range(1, 64)]
    public int RecognitionThreads { get; set; } = 1;

    /// <summary>How many times faster than life simulated cameras run.</summary>
    [Range(0.1, 1000)]
    public double SimulationSpeed { get; set; } = 1;
}

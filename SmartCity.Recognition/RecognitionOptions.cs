using System.ComponentModel.DataAnnotations;
using SmartCity.Contracts.Cities;

namespace SmartCity.Recognition;

/// <summary>Where the models run.</summary>
public enum RecognitionDevice
{
    /// <summary>A GPU if this build supports one and this machine has one; otherwise the CPU.</summary>
    Auto,
    Cpu,
    Cuda,
    TensorRt,
}

/// <summary>Section <c>Recognition</c>.</summary>
public sealed class RecognitionOptions
{
    public const string Section = "Recognition";

    /// <summary>Ids of all detectors.</summary>
    public static IReadOnlyList<string> Detectors { get; } = [CityDetector.Id, PpOcrDetector.Id];

    /// <summary>Ids of all readers.</summary>
    public static IReadOnlyList<string> Readers { get; } = [CityReader.Id, PpOcrReader.Id];

    /// <summary>One of <see cref="Detectors"/>.</summary>
    [Required]
    public string Detector { get; set; } = CityDetector.Id;

    /// <summary>One of <see cref="Readers"/>.</summary>
    [Required]
    public string Reader { get; set; } = CityReader.Id;

    /// <summary>Id of a second reader, used when <see cref="Reader"/> is in doubt; null for none.</summary>
    public string? SecondReader { get; set; }

    /// <summary>Folder of model files to use instead of the program's own; if null, models are looked for beside the program and in node_modules of the folders above it.</summary>
    public string? ModelsPath { get; set; }

    public RecognitionDevice Device { get; set; } = RecognitionDevice.Auto;

    /// <summary>Threads of one inference.</summary>
    [Range(1, 64)]
    public int ThreadsPerSession { get; set; } = 1;

    /// <summary>A picture is scaled down until its longer side has no more pixels than this; <c>city-det-1</c> looks at two thirds of it first, and closer where something small may be a plate. A camera may have its own.</summary>
    [Range(CameraRecognition.LeastSide, CameraRecognition.MostSide)]
    public int DetectionSide { get; set; } = 960;

    /// <summary>Country of most vehicles, two letters of ISO 3166, whose plate grammars then count for more. Null for none; an edge then takes the city file's.</summary>
    [RegularExpression("[A-Z]{2}")]
    public string? HomeCountry { get; set; }

    /// <summary>A reading with less confidence (0–1) than this is not reported; the plate counts as found but unread.</summary>
    [Range(0.0, 1.0)]
    public double AbstainBelow { get; set; } = 0.60;

    /// <summary>Score (0–1) from which <c>city-det-1</c> is sure of a plate. What scores 70 % of it or more is read too, and is a plate where its characters say so.</summary>
    [Range(CameraRecognition.LeastThreshold, CameraRecognition.MostThreshold)]
    public double DetectionThreshold { get; set; } = 0.5;

    /// <summary>How many text regions of a picture are read at most, the most plate-like first.</summary>
    [Range(1, 256)]
    public int CandidatesRead { get; set; } = 64;

    /// <summary>How plates are looked for in a camera's pictures.</summary>
    internal DetectionSettings Detection(CameraRecognition? own) => new(own?.DetectionSide ?? DetectionSide, (float)(own?.DetectionThreshold ?? DetectionThreshold));
}

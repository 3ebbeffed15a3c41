using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Models;

/// <summary>Section <c>Core:Models</c>.</summary>
public sealed class ModelOptions
{
    public const string Section = "Core:Models";

    /// <summary>The private key that versions and orders are signed with, PEM, on the curve P-256. Without it and without <see cref="SigningKeyPath"/>, nothing is released to edges.</summary>
    public string? SigningKey { get; set; }

    /// <summary>A file with <see cref="SigningKey"/>.</summary>
    public string? SigningKeyPath { get; set; }

    /// <summary>How often decisions are gathered and rollouts are looked after.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:10:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>For how long an item stays for training after its decision.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepItems { get; set; } = TimeSpan.FromDays(730);

    /// <summary>The least time that a ring runs a new version before the next ring gets it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan RingTime { get; set; } = TimeSpan.FromMinutes(30);

    /// <summary>How many pictures with plates the stations that are new in a ring must have read with the new version before the next ring gets it.</summary>
    [Range(0, 1_000_000)]
    public int RingReads { get; set; } = 100;

    /// <summary>A training begins by itself when so many items have come since the last dataset; null for never.</summary>
    [Range(1, 1_000_000)]
    public int? TrainAfter { get; set; }

    /// <summary>A training begins by itself when the last one began so long ago and new items have come; null for never.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan? TrainEvery { get; set; }
}

/// <summary>Section <c>Core:Models:Gates</c>: what a version must not lose beside the champion. Shares are 0–1.</summary>
public sealed class GateOptions
{
    public const string Section = "Core:Models:Gates";

    /// <summary>Plates that the hold-out must have for a judgement.</summary>
    [Range(1, 100_000)]
    public int LeastHoldOut { get; set; } = 30;

    /// <summary>How many fewer rendered plates it may read rightly.</summary>
    [Range(0.0, 1.0)]
    public double MostRenderedLoss { get; set; } = 0.005;

    /// <summary>How many more plates of a set it may read wrongly with a confidence of 0.9 or more.</summary>
    [Range(0.0, 1.0)]
    public double MostWrongSureMore { get; set; }

    /// <summary>How many fewer plates of a country, a camera or a condition it may read rightly.</summary>
    [Range(0.0, 1.0)]
    public double MostSliceLoss { get; set; } = 0.1;

    /// <summary>A slice with fewer plates is not judged.</summary>
    [Range(1, 100_000)]
    public int LeastSlice { get; set; } = 15;

    [Range(0.0, 1.0)]
    public double MostCalibrationErrorMore { get; set; } = 0.03;

    /// <summary>How many more plates it may leave unread.</summary>
    [Range(0.0, 1.0)]
    public double MostAbstainedMore { get; set; } = 0.05;

    /// <summary>How many fewer plates it may read in a shape that some country gives out.</summary>
    [Range(0.0, 1.0)]
    public double MostOutOfGrammarMore { get; set; } = 0.05;

    /// <summary>How many times as long it may take for a plate (95th percentile).</summary>
    [Range(1.0, 100.0)]
    public double MostTimes { get; set; } = 1.5;

    /// <summary>How many times as large its file may be.</summary>
    [Range(1.0, 100.0)]
    public double MostTimesLarger { get; set; } = 1.5;
}

/// <summary>Where trainings run.</summary>
public enum TrainingPlace
{
    /// <summary>In a process that the core starts on its own machine.</summary>
    Here,

    /// <summary>Wherever <c>train</c> takes those that wait: another machine, or a job of a cluster.</summary>
    Elsewhere,

    /// <summary>Nowhere: versions are trained by other means and imported.</summary>
    Nowhere,
}

/// <summary>Section <c>Core:Models:Training</c>: the program that trains.</summary>
public sealed class TrainingOptions
{
    public const string Section = "Core:Models:Training";

    /// <summary>Where trainings run.</summary>
    public TrainingPlace Where { get; set; } = TrainingPlace.Here;

    /// <summary>A Python with PyTorch, OpenCV and ONNX.</summary>
    [Required]
    public string Python { get; set; } = "/usr/bin/python3";

    /// <summary>The folder of finetune.py; if it is left out, models/training in the folders above the program.</summary>
    public string? Programs { get; set; }

    /// <summary>Where a training works; if it is left out, a folder of the system's temporary files.</summary>
    public string? WorkPath { get; set; }

    /// <summary>How long a training takes, if whoever starts it says nothing else.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "7.00:00:00")]
    public TimeSpan Time { get; set; } = TimeSpan.FromMinutes(20);

    /// <summary>Rendered plates for each corrected one, so that nothing is unlearnt.</summary>
    [Range(0.0, 20.0)]
    public double Rehearsal { get; set; } = 3;
}

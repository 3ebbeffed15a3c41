using System.ComponentModel.DataAnnotations;

namespace SmartCity.Edge.Models;

/// <summary>Section <c>Edge:Models</c>: versions of models that the core orders.</summary>
public sealed class EdgeModelOptions
{
    public const string Section = "Edge:Models";

    /// <summary>The key that orders and versions must be signed with, PEM. Without it and without <see cref="PublicKeyPath"/>, the edge reads with the models that it came with and takes no others.</summary>
    public string? PublicKey { get; set; }

    /// <summary>A file with <see cref="PublicKey"/>.</summary>
    public string? PublicKeyPath { get; set; }

    /// <summary>Folder of the versions; if it is left out, <c>.models</c> in the spool.</summary>
    public string? Path { get; set; }

    /// <summary>How often the edge looks whether there is something to do.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Interval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>A new version reads every nth plate beside the one that counts, before it takes over.</summary>
    [Range(1, 1_000)]
    public int ShadowEvery { get; set; } = 3;

    /// <summary>How many plates it reads so; up to four times as many while what speaks against it may be chance.</summary>
    [Range(1, 100_000)]
    public int ShadowPlates { get; set; } = 30;

    /// <summary>The least share (0–1) that both versions must read alike of those plates of which the present one is sure.</summary>
    [Range(0.0, 1.0)]
    public double LeastAgreement { get; set; } = 0.5;

    /// <summary>By how much (0–1) more of these the new version may leave unread.</summary>
    [Range(0.0, 1.0)]
    public double MostAbstainedMore { get; set; } = 0.1;

    /// <summary>By how much (0–1) fewer of these may have a shape that some country gives out.</summary>
    [Range(0.0, 1.0)]
    public double MostOutOfGrammarMore { get; set; } = 0.1;

    /// <summary>How many times as long the new version may take for a plate (95th percentile).</summary>
    [Range(1.0, 100.0)]
    public double MostTimes { get; set; } = 2;

    /// <summary>For so long a version that took over is watched: if the process dies twice, or too many readings fail, the edge goes back.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "7.00:00:00")]
    public TimeSpan Watched { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>The share (0–1) of failed readings above which the edge goes back, once ten were tried.</summary>
    [Range(0.0, 1.0)]
    public double MostFaults { get; set; } = 0.2;
}

using System.ComponentModel.DataAnnotations;

namespace SmartCity.Core.Packages;

/// <summary>Section <c>Core:Packages</c>: how large an evidence package may be.</summary>
internal sealed class PackageOptions
{
    public const string Section = "Core:Packages";

    /// <summary>How many sightings, charges, alerts and files a package may have.</summary>
    [Range(1, 1_000_000)]
    public int MostItems { get; init; } = 5_000;

    /// <summary>How many megabytes of pictures and files a package may have.</summary>
    [Range(1, 100_000)]
    public int MostMegabytes { get; init; } = 1_000;
}

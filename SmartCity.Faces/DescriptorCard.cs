using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.Contracts.Models;

namespace SmartCity.Faces;

/// <summary>How far two descriptors are from each other.</summary>
public enum DescriptorDistance
{
    /// <summary>Of the numbers as they come.</summary>
    Euclidean,

    /// <summary>1 − the cosine of the angle between them, 0–2.</summary>
    Cosine,
}

/// <summary>A row of the catalogue of descriptors, <c>models/faces/*.json</c>: all that the program must know of a model to use it.</summary>
public sealed record DescriptorCard
{
    /// <summary>The one that is shipped with a build that has the build property <c>Faces</c>.</summary>
    public const string Usual = "dlib-resnet-1";

    /// <summary>Orders, watch-lists and reports carry it.</summary>
    public required string Name { get; init; }

    public required ModelFile File { get; init; }

    /// <summary>Name of the input: float32, n × 3 × side × side.</summary>
    public required string Input { get; init; }

    /// <summary>Name of the output: float32, n × length.</summary>
    public required string Output { get; init; }

    /// <summary>Width and height of an aligned face, pixels.</summary>
    public required int Side { get; init; }

    /// <summary>Order of the planes: RGB or BGR.</summary>
    public required string Channels { get; init; }

    /// <summary>Taken from each plane's 0–255, in its order.</summary>
    public required IReadOnlyList<float> Mean { get; init; }

    /// <summary>What is left is divided by it.</summary>
    public required float Divisor { get; init; }

    /// <summary>Where the eyes, nose and corners of the mouth of an aligned face are, x and y, in the order of <see cref="FacePoints"/>.</summary>
    public required IReadOnlyList<IReadOnlyList<float>> Points { get; init; }

    /// <summary>Numbers of a descriptor.</summary>
    public required int Length { get; init; }

    public required DescriptorDistance Distance { get; init; }

    /// <summary>Its author's: two descriptors that are less far apart than this may be one person's.</summary>
    public required double Threshold { get; init; }

    /// <summary>What others have measured.</summary>
    public required IReadOnlyList<PublishedFigure> Published { get; init; }

    /// <summary>How often different people are taken for one, at these thresholds. What is expected of a deployment is reckoned from it.</summary>
    public required IReadOnlyList<FalseMatches> FalseMatches { get; init; }

    public required string TrainedOn { get; init; }

    public required string Licence { get; init; }

    /// <summary>The row of a name.</summary>
    /// <exception cref="ArgumentException">There is none; the message names those that there are.</exception>
    public static DescriptorCard Of(string name)
    {
        using var stream = typeof(DescriptorCard).Assembly.GetManifestResourceStream($"{name}.json")
            ?? throw new ArgumentException($"There is no face descriptor '{name}'; it must be one of {string.Join(", ", Names)}.", nameof(name));
        return JsonSerializer.Deserialize(stream, CardJson.Default.DescriptorCard)!;
    }

    /// <summary>All rows' names.</summary>
    public static IReadOnlyList<string> Names { get; } =
        [.. typeof(DescriptorCard).Assembly.GetManifestResourceNames().Where(n => n.EndsWith(".json", StringComparison.Ordinal)).Select(n => n[..^".json".Length]).Order(StringComparer.Ordinal)];
}

/// <param name="Set">What it was measured on.</param>
/// <param name="Source">Where it stands.</param>
public sealed record PublishedFigure(string Set, string Figure, string Source);

/// <param name="Set">What it was measured on.</param>
/// <param name="Threshold">Less far apart is a match.</param>
/// <param name="Pairs">Comparisons of different people.</param>
/// <param name="Matched">Of them, those that matched.</param>
/// <param name="Source">Where it stands.</param>
public sealed record FalseMatches(string Set, double Threshold, int Pairs, int Matched, string Source);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(DescriptorCard))]
internal sealed partial class CardJson : JsonSerializerContext;

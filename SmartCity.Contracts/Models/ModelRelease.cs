using System.Text.Json;

namespace SmartCity.Contracts.Models;

/// <summary>Which version of a kind an edge is to run: a signed order, and the signed manifest of the version that it names.</summary>
/// <param name="Order">A <see cref="ModelOrder"/>.</param>
/// <param name="Manifest">A <see cref="ModelManifest"/>.</param>
public sealed record ModelRelease(SignedText Order, SignedText Manifest);

/// <summary>What the core orders. Orders of a kind are numbered: an edge never takes one that is older than the last that it took.</summary>
public sealed record ModelOrder
{
    public required string Kind { get; init; }

    /// <summary>1, and one more for each later order of the kind.</summary>
    public required long Sequence { get; init; }

    /// <summary>Id of the version.</summary>
    public required string Version { get; init; }

    /// <summary>SHA-256 of the version's manifest.</summary>
    public required string ManifestSha256 { get; init; }

    /// <summary>Whether it goes back: only then may the version be older than the one that runs, and nothing is shadowed.</summary>
    public bool Rollback { get; init; }

    public required DateTimeOffset At { get; init; }

    public string? Reason { get; init; }

    /// <exception cref="InvalidDataException">It is no order.</exception>
    public static ModelOrder Parse(string json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ContractsJson.Default.ModelOrder) ?? throw new InvalidDataException("The order is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The order is not valid: {e.Message}", e);
        }
    }

    public string ToText() => JsonSerializer.Serialize(this, ContractsJson.Default.ModelOrder);
}

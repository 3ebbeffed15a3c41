using System.Text.Json;

namespace SmartCity.Contracts.Models;

/// <summary>What a version of a model is: its files, what it takes and gives, how sure it is when it says so, and where it comes from. Immutable, and signed with its files.</summary>
public sealed record ModelManifest
{
    /// <summary>The file beside the model's in a folder, and its signature.</summary>
    public const string FileName = "manifest.json";

    /// <inheritdoc cref="FileName"/>
    public const string SignatureName = "manifest.sig";

    /// <summary>Such as <c>city-read-1</c> or, of one that was trained here, <c>own-read-2</c>; sightings carry it.</summary>
    public required string Id { get; init; }

    /// <summary>One of <see cref="ModelKind.All"/>.</summary>
    public required string Kind { get; init; }

    /// <summary>1, and one more for each later version of the kind.</summary>
    public required int Number { get; init; }

    public required ModelFile File { get; init; }

    /// <summary>What it takes, such as 48 × 208 × 3 bytes; 0 stands for any number.</summary>
    public required ModelShape Input { get; init; }

    public required ModelShape Output { get; init; }

    /// <summary>What its probabilities are worth; null for a kind that gives none.</summary>
    public ModelCalibration? Calibration { get; init; }

    public required ModelLineage Lineage { get; init; }

    /// <summary>SPDX expression.</summary>
    public required string Licence { get; init; }

    /// <summary>The version that is shipped with the program.</summary>
    /// <param name="id">Such as <c>city-read-1</c>.</param>
    /// <exception cref="ArgumentException">There is none of that id.</exception>
    public static ModelManifest Shipped(string id) => Parse(ShippedBytes(id));

    /// <summary>The bytes that the signature is over.</summary>
    /// <inheritdoc cref="Shipped"/>
    public static byte[] ShippedBytes(string id)
    {
        using var stream = typeof(ModelManifest).Assembly.GetManifestResourceStream($"{id}.json") ?? throw new ArgumentException($"No model {id} is shipped.", nameof(id));
        using var bytes = new MemoryStream();
        stream.CopyTo(bytes);
        return bytes.ToArray();
    }

    /// <exception cref="InvalidDataException">It is no manifest; the message says what is wrong.</exception>
    public static ModelManifest Parse(ReadOnlySpan<byte> json)
    {
        try
        {
            return JsonSerializer.Deserialize(json, ContractsJson.Default.ModelManifest) is { } manifest
                ? manifest.Check() is { } wrong ? throw new InvalidDataException($"The manifest is not valid: {wrong}") : manifest
                : throw new InvalidDataException("The manifest is empty.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"The manifest is not valid: {e.Message}", e);
        }
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, ContractsJson.Default.ModelManifest);

    // Ids and names become paths on edges.
    private string? Check() =>
        !IsName(Id) ? $"id is '{Id}'; it must have 1 to 64 characters of a-z, 0-9, '-' and '.', such as city-read-2."
        : !ModelKind.All.Contains(Kind) ? $"kind is '{Kind}'; it must be one of {string.Join(", ", ModelKind.All)}."
        : Number < 1 ? $"number is {Number}; it must be 1 or more."
        : !IsName(File.Name) ? $"file.name is '{File.Name}'; it must have 1 to 64 characters of a-z, 0-9, '-' and '.'."
        : File.Sha256.Length != 64 || !File.Sha256.All(char.IsAsciiHexDigitLower) ? "file.sha256 must be 64 hexadecimal digits in lower case."
        : Kind == ModelKind.Reader && Calibration is null ? "a reader needs a calibration."
        : Calibration?.Check();

    private static bool IsName(string name) =>
        name.Length is > 0 and <= 64 && name[0] != '.' && name.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '-' or '.');
}

public static class ModelKind
{
    public const string Reader = "reader";
    public const string Detector = "detector";
    public const string Country = "country";
    public const string Whole = "whole";

    public static IReadOnlyList<string> All { get; } = [Reader, Detector, Country, Whole];
}

/// <param name="Sha256">64 hexadecimal digits in lower case.</param>
public sealed record ModelFile(string Name, string Sha256, long Bytes);

/// <summary>One input or output.</summary>
/// <param name="Name">In the ONNX graph.</param>
/// <param name="Size">Its dimensions; 0 for any number.</param>
/// <param name="Meaning">In plain English: order of channels, range of values, what each number stands for.</param>
public sealed record ModelShape(string Name, IReadOnlyList<int> Size, string Meaning);

/// <summary>
/// What a model's probability is worth, as it proved to be on pictures that it was not trained on: up to <paramref name="From"/> as it is, from there to
/// <paramref name="NearlyCertain"/> in a straight line up to <paramref name="NearlyCertainIs"/>, and from there on to 1.
/// </summary>
public sealed record ModelCalibration(double From, double NearlyCertain, double NearlyCertainIs)
{
    /// <summary>The probability (0–1) that a reading is right of which the model says this.</summary>
    public double Of(double probability) =>
        probability <= From ? probability
        : probability <= NearlyCertain ? From + (probability - From) * (NearlyCertainIs - From) / (NearlyCertain - From)
        : NearlyCertainIs + (probability - NearlyCertain) * (1 - NearlyCertainIs) / (1 - NearlyCertain);

    internal string? Check() =>
        0 <= From && From < NearlyCertain && NearlyCertain < 1 && From <= NearlyCertainIs && NearlyCertainIs <= 1
            ? null
            : "calibration must have 0 ≤ from < nearlyCertain < 1 and from ≤ nearlyCertainIs ≤ 1.";
}

/// <summary>Where a version comes from.</summary>
public sealed record ModelLineage
{
    /// <summary>The version that its training started from; null if that was none of ours.</summary>
    public string? Parent { get; init; }

    /// <summary>The frozen dataset that it was trained on; null if it had none.</summary>
    public string? Dataset { get; init; }

    /// <summary>SHA-256 over the training's programs; null where they are not known.</summary>
    public string? Code { get; init; }

    public int? Seed { get; init; }

    /// <summary>What it was trained with and on, such as <c>PyTorch 1.13 on 2 cores</c>.</summary>
    public string? Environment { get; init; }

    public required string MadeBy { get; init; }

    public required DateTimeOffset MadeAt { get; init; }
}

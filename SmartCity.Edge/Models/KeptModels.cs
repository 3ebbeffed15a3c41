using System.Text.Json;
using System.Text.Json.Serialization;
using SmartCity.ServiceDefaults;

namespace SmartCity.Edge.Models;

/// <summary>What an edge remembers of the versions of a kind. Versions are known by the SHA-256 of their manifest; null is the one that came with the program.</summary>
internal sealed record KeptModels
{
    /// <summary>Number of the last order that was taken.</summary>
    public long Order { get; init; }

    public string? Current { get; init; }

    public string? Previous { get; init; }

    /// <summary>Whether the current version is still watched.</summary>
    public bool Watched { get; init; }

    /// <summary>How often the process has begun with the watched version and has not ended in order.</summary>
    public int Begun { get; init; }

    /// <summary>The candidate that is being loaded or shadowed: still named at a start, the process died of it.</summary>
    public string? Trying { get; init; }

    /// <summary>How often it was tried.</summary>
    public int Tries { get; init; }

    /// <summary>Versions that are not loaded any more, and why, in plain English.</summary>
    public IReadOnlyDictionary<string, string> Refused { get; init; } = new Dictionary<string, string>();

    public KeptModels Refuse(string version, string reason) => this with { Trying = null, Tries = 0, Refused = new Dictionary<string, string>(Refused) { [version] = reason } };

    /// <summary>Nothing yet where there is no file.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static KeptModels Read(string file)
    {
        if (!File.Exists(file))
        {
            return new KeptModels();
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(file), KeptModelsJson.Default.KeptModels) ?? new KeptModels();
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged ({e.Message}); delete it. The edge then begins with the models that it came with.", e);
        }
    }

    public void Write(string file) => PrivateFile.Write(file, stream => JsonSerializer.Serialize(stream, this, KeptModelsJson.Default.KeptModels));
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(KeptModels))]
internal sealed partial class KeptModelsJson : JsonSerializerContext;

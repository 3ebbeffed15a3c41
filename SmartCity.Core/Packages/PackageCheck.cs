using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using SmartCity.Contracts.Models;

namespace SmartCity.Core.Packages;

/// <summary>Says whether a package is as it was made.</summary>
public static class PackageCheck
{
    private static readonly string[] Unlisted = [PackageManifest.FileName, PackageManifest.SignatureName, PackageManifest.KeyName];

    /// <returns>What is wrong, in sentences; empty when nothing is.</returns>
    /// <exception cref="InvalidDataException">It is no ZIP file, or no package.</exception>
    public static async Task<IReadOnlyList<string>> RunAsync(Stream package, ModelVerifier key, CancellationToken cancellationToken)
    {
        await using var zip = new ZipArchive(package, ZipArchiveMode.Read);
        var text = await TextAsync(zip, PackageManifest.FileName, cancellationToken);
        var manifest = Parse(text);
        var faults = new List<string>();
        if (!key.Holds(new SignedText(text, (await TextAsync(zip, PackageManifest.SignatureName, cancellationToken)).Trim())))
        {
            faults.Add("The signature of manifest.json does not fit this key.");
        }

        var listed = manifest.Files.ToDictionary(f => f.Name, StringComparer.Ordinal);
        foreach (var entry in zip.Entries.Where(e => !Unlisted.Contains(e.FullName)))
        {
            if (!listed.Remove(entry.FullName, out var file))
            {
                faults.Add($"{entry.FullName} is not in the manifest.");
                continue;
            }

            await using var content = await entry.OpenAsync(cancellationToken);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != file.Sha256)
            {
                faults.Add($"{entry.FullName} was changed.");
            }
        }

        return [.. faults, .. listed.Keys.Select(name => $"{name} is missing.")];
    }

    private static PackageManifest Parse(string text)
    {
        try
        {
            return JsonSerializer.Deserialize<PackageManifest>(text, PackageManifest.Json) is { Type: PackageManifest.TypeName, Files: not null } manifest
                ? manifest
                : throw new InvalidDataException("manifest.json is not the manifest of an evidence package.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"manifest.json cannot be read: {e.Message}", e);
        }
    }

    private static async Task<string> TextAsync(ZipArchive zip, string name, CancellationToken cancellationToken)
    {
        var entry = zip.GetEntry(name) ?? throw new InvalidDataException($"{name} is missing: this is no evidence package.");
        using var reader = new StreamReader(await entry.OpenAsync(cancellationToken), Encoding.UTF8);
        return await reader.ReadToEndAsync(cancellationToken);
    }
}

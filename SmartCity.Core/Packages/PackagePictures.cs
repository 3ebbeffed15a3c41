using System.IO.Compression;
using System.Security.Cryptography;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Packages;

/// <summary>The pictures of sightings, each compared with what its edge recorded.</summary>
internal sealed class PackagePictures(IObjectStore objects, EvidenceChecks checks)
{
    /// <summary>Adds the pictures that are there and are what was taken to a package.</summary>
    /// <param name="copies">What stands before the key of a picture that was copied; null where the pictures themselves are meant.</param>
    /// <returns>What was added, and a sentence for each that is not.</returns>
    public async Task<(List<PackagePicture> Pictures, List<string> Missing)> AddAsync(PackageContents package, SightingView sighting, string caption, PackageRecords records, string? copies, CancellationToken cancellationToken)
    {
        var (pictures, missing) = (new List<PackagePicture>(), new List<string>());
        if (sighting.Evidence is not { } frame)
        {
            return (pictures, ["The sighting has no picture."]);
        }

        void Miss(string name, string why)
        {
            missing.Add(why);
            package.Miss(name, why);
        }

        List<(string Key, string What)> taken = [(frame, "the frame"), (Sighting.PatchKey(frame), "the plate")];
        if (sighting.Strip is { } strip)
        {
            taken.Add((strip.Key, "the frames before and after it"));
        }

        foreach (var (evidence, what) in taken)
        {
            var (key, name) = (copies + evidence, $"pictures/{evidence["evidence/".Length..]}");
            var recorded = records.Recorded.GetValueOrDefault(evidence);
            var copied = copies is null ? null : records.Copied.GetValueOrDefault(evidence);
            if (await objects.ReadAsync(key, cancellationToken) is not { } content)
            {
                Miss(name, $"The picture of {what} is not stored: it was removed, or it has not arrived.");
            }
            else if ((recorded ?? copied) is { } expected && !await checks.IsOriginalAsync(key, content, Convert.FromHexString(expected)))
            {
                Miss(name, recorded is null ? $"The picture of {what} is left out: its SHA-256 differs from the one that it had when it was copied." : $"The picture of {what} is left out: its SHA-256 differs from the one in the sighting.");
            }
            else
            {
                var sha256 = SHA256.HashData(content);
                await package.AddEvidenceAsync(name, content, CompressionLevel.NoCompression, cancellationToken);
                pictures.Add(new PackagePicture(
                    name,
                    $"{caption}: {what}",
                    Convert.ToHexStringLower(sha256),
                    recorded is not null ? "It is the picture that the edge recorded with the sighting."
                        : copied is not null ? "It is the picture that was copied. The sighting holds no SHA-256 to compare with."
                        : "The sighting holds no SHA-256 to compare with.",
                    token => AgainAsync(key, sha256, token)));
            }
        }

        return (pictures, missing);
    }

    private async Task<byte[]> AgainAsync(string key, byte[] sha256, CancellationToken cancellationToken) =>
        await objects.ReadAsync(key, cancellationToken) is { } content && SHA256.HashData(content).AsSpan().SequenceEqual(sha256)
            ? content
            : throw new IOException($"The picture {key} was removed or changed while the package was made. Make the package again.");
}

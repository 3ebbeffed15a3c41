using System.Security.Cryptography;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>Pictures of plates, and of what is around them, that are kept for training, by their digest: they outlive the evidence that they are from.</summary>
internal static class LearningPatches
{
    public const string Prefix = "learning/";

    public static string Key(string sha256) => $"{Prefix}{sha256}.jpg";

    /// <returns>Its digest.</returns>
    public static async Task<string> KeepAsync(IObjectStore objects, byte[] picture, CancellationToken cancellationToken)
    {
        var digest = Convert.ToHexStringLower(SHA256.HashData(picture));
        await objects.PutAsync(Key(digest), picture, "image/jpeg", cancellationToken);
        return digest;
    }

    /// <returns>Null where it is gone.</returns>
    public static Task<byte[]?> ReadAsync(IObjectStore objects, string sha256, CancellationToken cancellationToken) => FindAsync(objects, Key(sha256), cancellationToken);

    /// <summary>Any object whole; null if there is none.</summary>
    public static async Task<byte[]?> FindAsync(IObjectStore objects, string key, CancellationToken cancellationToken)
    {
        await using var stream = await objects.OpenAsync(key, cancellationToken);
        if (stream is null)
        {
            return null;
        }

        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellationToken);
        return bytes.ToArray();
    }
}

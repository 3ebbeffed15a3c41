using System.Security.Cryptography;
using Npgsql;
using SmartCity.Core.Api;
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

    /// <summary>Deletes those of the pictures that no item names any more.</summary>
    public static async Task ForgetUnnamedAsync(IObjectStore objects, NpgsqlConnection connection, IEnumerable<string> sha256, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select distinct p from unnest($1) as p where not exists (select from learning_items where p in (patch_sha256, frame_sha256))", connection) { Parameters = { new() { Value = sha256.ToArray() } } };
        foreach (var picture in await command.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            await objects.DeleteAsync(Key(picture), cancellationToken);
        }
    }

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

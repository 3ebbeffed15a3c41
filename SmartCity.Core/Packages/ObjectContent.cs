using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Packages;

/// <summary>Objects that are small enough for memory.</summary>
internal static class ObjectContent
{
    /// <summary>All of an object; null if there is none.</summary>
    public static async Task<byte[]?> ReadAsync(this IObjectStore objects, string key, CancellationToken cancellationToken)
    {
        await using var stored = await objects.OpenAsync(key, cancellationToken);
        if (stored is null)
        {
            return null;
        }

        using var content = new MemoryStream();
        await stored.CopyToAsync(content, cancellationToken);
        return content.ToArray();
    }
}

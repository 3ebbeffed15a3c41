using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Lake;

/// <summary>The lake's files in the object store, by location (<c>file:///folder/key</c> or <c>s3://bucket/key</c>), as metadata names them.</summary>
internal sealed class LakeFiles(IObjectStore objects)
{
    private const string Warehouse = "lake/";

    /// <summary>Folder of a table, as a key that ends with '/'.</summary>
    public static string Folder(string table) => $"{Warehouse}{Iceberg.LakeCatalogue.Namespace}/{table}/";

    public string Location(string key) => objects.Address + key;

    /// <summary>The key of a location. Engines write a folder in three ways: <c>/x</c>, <c>file:/x</c> and <c>file:///x</c>.</summary>
    /// <exception cref="InvalidDataException">The location lies outside the object store.</exception>
    public string Key(string location)
    {
        var (plain, root) = (Plain(location), Plain(objects.Address));
        return plain.StartsWith(root, StringComparison.Ordinal)
            ? plain[root.Length..]
            : throw new InvalidDataException($"{location} does not lie in the object store at {objects.Address}. If the store was moved, move it back or set ConnectionStrings:objects to the address that the lake's tables name.");
    }

    /// <summary>A whole file.</summary>
    /// <exception cref="InvalidDataException">It is not there; the message names it.</exception>
    public async Task<byte[]> ReadAsync(string location, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(location, cancellationToken);
        using var memory = new MemoryStream();
        await content.CopyToAsync(memory, cancellationToken);
        return memory.ToArray();
    }

    /// <inheritdoc cref="ReadAsync"/>
    public async Task DownloadAsync(string location, string path, CancellationToken cancellationToken)
    {
        await using var content = await OpenAsync(location, cancellationToken);
        await using var file = File.Create(path);
        await content.CopyToAsync(file, cancellationToken);
    }

    /// <summary>Bytes of a file; null if it is not there.</summary>
    public async Task<long?> SizeAsync(string location, CancellationToken cancellationToken)
    {
        var key = Key(location);
        await foreach (var entry in objects.ListAsync(key, cancellationToken))
        {
            if (entry.Key == key)
            {
                return entry.Bytes;
            }
        }

        return null;
    }

    /// <summary>Writes a file; when this returns, it is durable.</summary>
    public async Task<string> WriteAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken)
    {
        await objects.PutAsync(key, content, contentType, cancellationToken);
        return Location(key);
    }

    /// <inheritdoc cref="WriteAsync"/>
    public async Task<string> UploadAsync(string key, string path, CancellationToken cancellationToken)
    {
        await objects.PutFileAsync(key, path, "application/vnd.apache.parquet", cancellationToken);
        return Location(key);
    }

    public Task DeleteAsync(string location, CancellationToken cancellationToken) => objects.DeleteAsync(Key(location), cancellationToken);

    public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => objects.ListAsync(prefix, cancellationToken);

    private async Task<Stream> OpenAsync(string location, CancellationToken cancellationToken) =>
        await objects.OpenAsync(Key(location), cancellationToken) ?? throw new InvalidDataException($"{location} belongs to the lake and is not in the object store.");

    private static string Plain(string location)
    {
        const string File = "file:";
        if (!location.StartsWith(File, StringComparison.Ordinal))
        {
            return location;
        }

        var path = location[File.Length..];
        return path.StartsWith("//", StringComparison.Ordinal) ? path[2..] : path;
    }
}

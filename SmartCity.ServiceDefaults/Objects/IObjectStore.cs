namespace SmartCity.ServiceDefaults.Objects;

/// <summary>Pictures and Parquet by key ('/' separated). Two implementations: a folder, and any S3.</summary>
public interface IObjectStore
{
    /// <summary>Writes an object whole; when this returns it is durable. Overwrites.</summary>
    Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken);

    /// <summary>Writes an object from a file, for what is too large for memory.</summary>
    Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken);

    /// <summary>Opens an object, null when there is none.</summary>
    Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keys and sizes under a prefix, in key order.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Objects and bytes by the first name of their keys. Goes through all of them: for now and then.</summary>
    Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken);

    Task DeleteAsync(string key, CancellationToken cancellationToken);
}

public readonly record struct ObjectEntry(string Key, long Bytes, DateTimeOffset LastModified);

public readonly record struct ObjectUsage(long Objects, long Bytes)
{
    public ObjectUsage With(long bytes) => new(Objects + 1, Bytes + bytes);
}

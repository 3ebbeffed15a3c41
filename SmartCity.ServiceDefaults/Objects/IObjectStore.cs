namespace SmartCity.ServiceDefaults.Objects;

/// <summary>Pictures and Parquet by key ('/' separated). Two implementations: a folder, and any S3.</summary>
public interface IObjectStore
{
    /// <summary>Writes an object, replacing one of the same key. When this returns, the object is durable.</summary>
    Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken);

    /// <summary>Writes an object from a file, if it is too large for memory.</summary>
    Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken);

    /// <summary>Opens an object; null if there is none.</summary>
    Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keys and sizes under a prefix, in key order.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Number and bytes of objects by the first name of their keys. It lists every object, so call it seldom.</summary>
    Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken);

    Task DeleteAsync(string key, CancellationToken cancellationToken);
}

public readonly record struct ObjectEntry(string Key, long Bytes, DateTimeOffset LastModified);

public readonly record struct ObjectUsage(long Objects, long Bytes)
{
    public ObjectUsage With(long bytes) => new(Objects + 1, Bytes + bytes);
}

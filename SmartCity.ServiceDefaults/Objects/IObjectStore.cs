namespace SmartCity.ServiceDefaults.Objects;

/// <summary>What puts objects somewhere: an object store, or the core that stands before it.</summary>
public interface IObjectWriter
{
    /// <summary>Writes an object, replacing one of the same key. When this returns, the object is durable.</summary>
    Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken);

    /// <summary>Writes an object from a file, if it is too large for memory.</summary>
    Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken);
}

/// <summary>Pictures and Parquet by key ('/' separated). Two implementations: a folder, and any S3.</summary>
public interface IObjectStore : IObjectWriter
{
    /// <summary>What stands before the key in an object's address, for other programs: <c>file:///folder/</c> or <c>s3://bucket/</c>.</summary>
    string Address { get; }

    /// <summary>Whether there is such an object.</summary>
    Task<bool> ExistsAsync(string key, CancellationToken cancellationToken);

    /// <summary>An address that takes a PUT of this one object from whoever has it, for a while; null of a folder, which has no address.</summary>
    Task<Uri?> UploadAddressAsync(string key, TimeSpan validFor);

    /// <summary>Writes an object that nobody is to change: where the store can lock objects, not before a time.</summary>
    Task PutOnceAsync(string key, ReadOnlyMemory<byte> content, string contentType, DateTimeOffset keepUntil, CancellationToken cancellationToken);

    /// <summary>Opens an object; null if there is none.</summary>
    Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken);

    /// <summary>Keys and sizes under a prefix, in key order.</summary>
    IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken);

    /// <summary>Number and bytes of objects by the first name of their keys. It lists every object, so call it seldom.</summary>
    Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken);

    Task DeleteAsync(string key, CancellationToken cancellationToken);
}

/// <param name="ETag">What tells this content from another of the same key.</param>
public readonly record struct ObjectEntry(string Key, long Bytes, DateTimeOffset LastModified, string ETag = "");

public readonly record struct ObjectUsage(long Objects, long Bytes)
{
    public ObjectUsage With(long bytes) => new(Objects + 1, Bytes + bytes);
}

using Microsoft.Extensions.Configuration;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Ops;

/// <summary>Counts the object store, and looks at the disk of a folder.</summary>
internal sealed class StorageFigures(IObjectStore objects, IConfiguration configuration, TimeProvider time)
{
    private readonly string? _folder = ObjectStoreConnection.Parse(configuration.GetConnectionString("objects") ?? "").Folder;

    public string Kind => _folder is null ? "s3" : "folder";

    public DateTimeOffset? MeasuredAt { get; private set; }

    public IReadOnlyList<StoredObjects> Objects { get; private set; } = [];

    /// <summary>Why the last count failed; null when it did not.</summary>
    public string? Error { get; private set; }

    /// <summary>Free and all bytes of the disk now; null with S3, and for a folder that is gone.</summary>
    public DiskStatus? Disk() => _folder is not null && Directory.Exists(_folder) && new DriveInfo(Path.GetFullPath(_folder)) is { IsReady: true } disk
        ? new DiskStatus(Path.GetFullPath(_folder), disk.AvailableFreeSpace, disk.TotalSize)
        : null;

    public async Task CountAsync(CancellationToken cancellationToken)
    {
        try
        {
            // A folder is gone through without a pause.
            var usage = await Task.Run(() => objects.MeasureAsync(cancellationToken), cancellationToken);
            Objects = [.. usage.OrderBy(u => u.Key, StringComparer.Ordinal).Select(u => new StoredObjects(u.Key, u.Value.Objects, u.Value.Bytes))];
            MeasuredAt = time.GetUtcNow();
            Error = null;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            Error = e.Message;
        }
    }
}

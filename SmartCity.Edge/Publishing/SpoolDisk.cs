using System.IO.Enumeration;

namespace SmartCity.Edge.Publishing;

/// <summary>The disk of the spools: that of their folder, or as much of it as <see cref="EdgeOptions.SpoolDiskBytes"/> allows them together.</summary>
/// <param name="onDisk">Free bytes on the disk itself; null to ask it.</param>
internal sealed class SpoolDisk(EdgeOptions options, Func<long>? onDisk = null)
{
    private static readonly EnumerationOptions Everything = new() { RecurseSubdirectories = true, AttributesToSkip = 0 };

    /// <summary>Bytes that can still be written. Below zero where the files already take more than they may.</summary>
    public long FreeBytes()
    {
        var free = onDisk?.Invoke() ?? new DriveInfo(Path.GetFullPath(options.SpoolPath)).AvailableFreeSpace;
        return options.SpoolDiskBytes is { } allowed ? Math.Min(free, allowed - Used()) : free;
    }

    /// <exception cref="IOException">The spools may not take so many bytes more.</exception>
    public void Require(long bytes)
    {
        if (options.SpoolDiskBytes is { } allowed && allowed - Used() < bytes)
        {
            throw new IOException($"The spools have used the {allowed} bytes of Edge:SpoolDiskBytes. Make room in {Path.GetFullPath(options.SpoolPath)}, or allow more.");
        }
    }

    private long Used() => new FileSystemEnumerable<long>(options.SpoolPath, (ref FileSystemEntry entry) => entry.IsDirectory ? 0 : entry.Length, Everything).Sum();
}

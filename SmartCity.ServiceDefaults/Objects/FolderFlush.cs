using System.Runtime.InteropServices;

namespace SmartCity.ServiceDefaults.Objects;

/// <summary>Makes a folder's entries durable: a renamed file whose folder was not flushed may be gone after a power cut. .NET has no call for it.</summary>
internal static partial class FolderFlush
{
    private const int ReadOnly = 0;

    /// <exception cref="IOException">The folder could not be flushed.</exception>
    public static void Flush(string folder)
    {
        if (!OperatingSystem.IsLinux())
        {
            return;
        }

        var file = Open(folder, ReadOnly);
        if (file < 0)
        {
            throw new IOException($"Folder {folder} could not be opened to flush it (error {Marshal.GetLastPInvokeError()}).");
        }

        try
        {
            if (Sync(file) != 0)
            {
                throw new IOException($"Folder {folder} could not be flushed to the disk (error {Marshal.GetLastPInvokeError()}).");
            }
        }
        finally
        {
            _ = Close(file);
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int Sync(int file);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    private static partial int Close(int file);
}

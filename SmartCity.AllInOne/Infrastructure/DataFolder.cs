namespace SmartCity.AllInOne.Infrastructure;

/// <summary>The folder that holds everything this process keeps. One process at a time has it; the lock goes with the process, however it ends.</summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>Name of the file with the core's secret, unless the configuration gives one.</summary>
    public const string SecretFile = "core-secret";

    /// <summary>Where trainings work.</summary>
    public const string Trainings = "trainings";

    private const long LeastFreeBytes = 500_000_000;

    private readonly FileStream _lock;

    private DataFolder(string path, FileStream @lock)
    {
        Path = path;
        _lock = @lock;
    }

    public string Path { get; }

    /// <summary>Takes a folder, made when it is missing.</summary>
    /// <exception cref="InvalidOperationException">It cannot be written, its disk is full, or another process has it; the message is for the user.</exception>
    public static DataFolder Take(string folder)
    {
        var path = System.IO.Path.GetFullPath(folder);
        try
        {
            Directory.CreateDirectory(path);
            using (new FileStream(System.IO.Path.Combine(path, ".writable"), FileMode.Create, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose))
            {
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidOperationException($"The data folder {path} cannot be written ({e.Message.TrimEnd('.')}). Name another folder with --data DIR.", e);
        }

        var free = new DriveInfo(path).AvailableFreeSpace;
        if (free < LeastFreeBytes)
        {
            throw new InvalidOperationException($"Only {free / 1_000_000} MB are free on the disk of {path}; {LeastFreeBytes / 1_000_000} MB are needed. Make room, or name a folder on another disk with --data DIR.");
        }

        try
        {
            return new DataFolder(path, new FileStream(System.IO.Path.Combine(path, "lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException e)
        {
            throw new InvalidOperationException($"Another SmartCity runs on the data folder {path}. Stop it, or name another folder with --data DIR.", e);
        }
    }

    public string Below(params ReadOnlySpan<string> names) => System.IO.Path.Combine([Path, .. names]);

    public void Dispose() => _lock.Dispose();
}

using System.Globalization;
using SmartCity.Lake.Tables;

namespace SmartCity.Lake.Foreign;

/// <summary>Rows that wait on disk until Postgres or a client takes them: plates among them, so that they have no name there and go with whoever wrote them.</summary>
internal sealed class FetchedRows
{
    private const int BufferBytes = 64 * 1024;

    private readonly string _folder;
    private readonly long _mostBytes;
    private long _bytes;

    /// <param name="folder">What an earlier process has left in it is deleted.</param>
    public FetchedRows(string folder, long mostBytes)
    {
        (_folder, _mostBytes) = (folder, mostBytes);
        PrivateFolder.Make(folder);
        foreach (var left in Directory.EnumerateFiles(folder, "*.rows"))
        {
            File.Delete(left);
        }
    }

    /// <summary>An empty file, which goes when it is closed.</summary>
    public FileStream Open()
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.ReadWrite, Share = FileShare.None, BufferSize = BufferBytes, Options = FileOptions.DeleteOnClose };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        var path = Path.Combine(_folder, $"{Guid.NewGuid():N}.rows");
        var file = new FileStream(path, options);
        if (!OperatingSystem.IsWindows())
        {
            File.Delete(path); // of a process that is killed nothing is left
        }

        return file;
    }

    /// <exception cref="LakeLimitException">All together would be too many.</exception>
    public void Take(long bytes)
    {
        if (Interlocked.Add(ref _bytes, bytes) > _mostBytes)
        {
            Return(bytes);
            throw new LakeLimitException("53100", string.Create(CultureInfo.InvariantCulture, $"more than {_mostBytes} bytes would wait in the lake until they are taken"), "Wait until other statements are done, ask for fewer rows or columns, or raise Lake:FetchedBytes.");
        }
    }

    public void Return(long bytes) => Interlocked.Add(ref _bytes, -bytes);
}

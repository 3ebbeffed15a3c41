using System.Text;

namespace SmartCity.AllInOne.Serving;

/// <summary>A file that holds the connection string of what is served, for as long as it is served. Only its owner may read it: it may hold a password.</summary>
internal sealed class AddressFile : IDisposable
{
    private readonly string? _path;

    /// <param name="path">Null where nobody asked for a file. One that an earlier process left is removed: its address is wrong.</param>
    public AddressFile(string? path)
    {
        _path = path is null ? null : Path.GetFullPath(path);
        Remove();
    }

    public void Write(string connectionString)
    {
        if (_path is null)
        {
            return;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(_path)!);
        var beside = _path + ".new";
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using (var file = new FileStream(beside, options))
        {
            file.Write(Encoding.UTF8.GetBytes(connectionString));
        }

        File.Move(beside, _path, overwrite: true); // whoever reads finds all of it or nothing
    }

    public void Dispose() => Remove();

    private void Remove()
    {
        if (_path is not null && File.Exists(_path))
        {
            File.Delete(_path);
        }
    }
}

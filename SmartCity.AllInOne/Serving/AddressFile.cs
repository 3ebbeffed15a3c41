using System.Text;
using SmartCity.ServiceDefaults;

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
        if (_path is not null)
        {
            PrivateFile.Write(_path, stream => stream.Write(Encoding.UTF8.GetBytes(connectionString)));
        }
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

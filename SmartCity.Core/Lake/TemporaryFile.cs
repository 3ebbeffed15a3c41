namespace SmartCity.Core.Lake;

/// <summary>A file that goes with the object.</summary>
internal sealed class TemporaryFile : IDisposable
{
    public string Path { get; } = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"smartcity-archive-{Guid.NewGuid():n}.parquet");

    public long Length => new FileInfo(Path).Length;

    public void Dispose() => File.Delete(Path);
}

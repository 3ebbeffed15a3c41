using System.Text.Json;

namespace SmartCity.Edge.Inbox;

/// <summary>Of each camera how far its pictures are done, by the object store's clock. A cache: without its file all pictures are looked at again, and none is read twice.</summary>
internal sealed class InboxWatermarks
{
    private readonly string _file;
    private readonly TimeSpan _overlap;
    private readonly Dictionary<string, DateTimeOffset> _cameras;

    public InboxWatermarks(string file, TimeSpan overlap)
    {
        (_file, _overlap) = (file, overlap);
        _cameras = Read(file);
    }

    /// <summary>Whether a picture of this time needs no look any more.</summary>
    public bool IsPast(string camera, DateTimeOffset at) => _cameras.TryGetValue(camera, out var done) && at < done - _overlap;

    public void Set(string camera, DateTimeOffset at) => _cameras[camera] = at;

    public void Write()
    {
        File.WriteAllBytes(_file + ".new", JsonSerializer.SerializeToUtf8Bytes(_cameras));
        File.Move(_file + ".new", _file, overwrite: true);
    }

    private static Dictionary<string, DateTimeOffset> Read(string file)
    {
        try
        {
            return File.Exists(file) && JsonSerializer.Deserialize<Dictionary<string, DateTimeOffset>>(File.ReadAllBytes(file)) is { } cameras ? new(cameras, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            return new(StringComparer.Ordinal); // cut off by a crash
        }
    }
}

namespace SmartCity.Core.Lake;

/// <summary>Files of metadata that were read or written lately: they never change, and each commit needs those of the one before.</summary>
internal sealed class LakeCache(LakeFiles files)
{
    private const long MostBytes = 64 * 1024 * 1024;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, byte[]> _known = new(StringComparer.Ordinal);
    private readonly Queue<string> _order = new();
    private long _bytes;

    public void Add(string location, byte[] content)
    {
        lock (_lock)
        {
            if (!_known.TryAdd(location, content))
            {
                return;
            }

            _order.Enqueue(location);
            _bytes += content.Length;
            while (_bytes > MostBytes && _order.TryDequeue(out var oldest) && _known.Remove(oldest, out var gone))
            {
                _bytes -= gone.Length;
            }
        }
    }

    /// <exception cref="InvalidDataException">The file is missing or damaged; the message names it.</exception>
    public async Task<T> ReadAsync<T>(string location, Func<ReadOnlyMemory<byte>, T> parse, CancellationToken cancellationToken)
    {
        byte[]? content;
        lock (_lock)
        {
            _known.TryGetValue(location, out content);
        }

        if (content is null)
        {
            content = await files.ReadAsync(location, cancellationToken);
            Add(location, content);
        }

        try
        {
            return parse(content);
        }
        catch (Exception e) when (e is InvalidDataException or InvalidCastException or KeyNotFoundException)
        {
            throw new InvalidDataException($"{location} cannot be read: {e.Message}", e);
        }
    }
}

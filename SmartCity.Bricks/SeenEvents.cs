using System.IO.Hashing;
using System.Runtime.InteropServices;
using System.Text;

namespace SmartCity.Bricks;

/// <summary>Which events are done. Two implementations: a window in memory and a file.</summary>
public interface ISeenEvents
{
    bool Has(string source, string id);

    /// <summary>Called after the work. When this returns, the event is remembered as long as the implementation says.</summary>
    void Add(string source, string id);
}

/// <summary>The newest events, in memory: repeats within a process, such as a producer's or a broker's, do nothing twice. Thread-safe.</summary>
/// <param name="most">How many are remembered.</param>
public sealed class SeenWindow(int most = 10_000) : ISeenEvents
{
    // Numbers of 128 bits stand for events: their texts would outlive the youngest generation, one by one, and nobody meets two with the same number.
    private readonly Lock _gate = new();
    private readonly HashSet<UInt128> _seen = [];
    private readonly Queue<UInt128> _order = [];
    private readonly long _seed = Random.Shared.NextInt64();

    internal int Count
    {
        get
        {
            lock (_gate)
            {
                return _seen.Count;
            }
        }
    }

    public bool Has(string source, string id)
    {
        var number = NumberOf(source, id);
        lock (_gate)
        {
            return _seen.Contains(number);
        }
    }

    public void Add(string source, string id)
    {
        var number = NumberOf(source, id);
        lock (_gate)
        {
            if (!_seen.Add(number))
            {
                return;
            }

            _order.Enqueue(number);
            if (_seen.Count > most)
            {
                _seen.Remove(_order.Dequeue());
            }
        }
    }

    private UInt128 NumberOf(string source, string id) => XxHash128.HashToUInt128(MemoryMarshal.AsBytes(id.AsSpan()), _seed ^ (long)XxHash3.HashToUInt64(MemoryMarshal.AsBytes(source.AsSpan()), _seed));
}

/// <summary>The newest events in a file, a line for each: they are known after a restart and after the process was killed, though not after a loss of power. Thread-safe.</summary>
public sealed class SeenFile : ISeenEvents, IDisposable
{
    private const int LongestLine = 8 * 1024;

    private readonly Lock _gate = new();
    private readonly string _path;
    private readonly int _most;
    private volatile SeenWindow _window;
    private FileStream? _file;
    private int _lines;

    /// <param name="path">The file; it is made if it is not there.</param>
    /// <param name="most">How many are remembered. The file is written anew when it has twice as many lines. <see cref="int.MaxValue"/> for all that <see cref="Forget"/> leaves.</param>
    public SeenFile(string path, int most = 100_000)
    {
        (_path, _most) = (path, most);
        _file = Open();
        _window = Load();
    }

    /// <summary>How many are remembered now.</summary>
    public int Count => _window.Count;

    public bool Has(string source, string id) => _window.Has(Clean(source), Clean(id));

    /// <exception cref="IOException">The disk does not take it. What was remembered stays, and a later call may succeed.</exception>
    public void Add(string source, string id)
    {
        (source, id) = (Clean(source), Clean(id));
        lock (_gate)
        {
            if (_lines >= 2L * _most)
            {
                Rewrite(Lines().TakeLast(_most));
            }

            try
            {
                _file ??= Open();
                _file.Write(Encoding.UTF8.GetBytes($"{source}\t{id}\n"));
            }
            catch
            {
                // A part of the line may be there; it is taken away when the file is opened again.
                _file?.Dispose();
                _file = null;
                throw;
            }

            _lines++;
            _window.Add(source, id);
        }
    }

    /// <summary>Forgets events, for good: those that can come no more.</summary>
    /// <param name="isOver">Source and id of an event → whether it is to be forgotten.</param>
    /// <exception cref="IOException">The disk does not take it. What was remembered stays, and a later call may succeed.</exception>
    public void Forget(Func<string, string, bool> isOver)
    {
        lock (_gate)
        {
            Rewrite(Lines().Where(line => line.Split('\t') is [var source, var id] && !isOver(source, id)));
            _window = Load();
        }
    }

    public void Dispose() => _file?.Dispose();

    private IEnumerable<string> Lines()
    {
        using var reader = new StreamReader(new FileStream(_path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        while (reader.ReadLine() is { } line)
        {
            yield return line;
        }
    }

    private SeenWindow Load()
    {
        var window = new SeenWindow(_most);
        _lines = 0;
        foreach (var line in Lines())
        {
            if (line.Split('\t') is [var source, var id])
            {
                window.Add(source, id);
            }

            _lines++;
        }

        return window;
    }

    private void Rewrite(IEnumerable<string> lines)
    {
        File.WriteAllLines(_path + ".new", lines);
        _file?.Dispose();
        _file = null;
        File.Move(_path + ".new", _path, overwrite: true);
        _lines = File.ReadLines(_path).Count();
    }

    // A line without its end is that of a process which was killed, or of a disk which was full: half an id may look like another's.
    private FileStream Open()
    {
        var file = new FileStream(_path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read, bufferSize: 0);
        try
        {
            Span<byte> tail = stackalloc byte[LongestLine];
            file.Seek(Math.Max(0, file.Length - LongestLine), SeekOrigin.Begin);
            tail = tail[..file.ReadAtLeast(tail, (int)Math.Min(file.Length, LongestLine), throwOnEndOfStream: false)];
            if (tail.Length > 0 && tail[^1] != '\n')
            {
                file.SetLength(file.Length - tail.Length + tail.LastIndexOf((byte)'\n') + 1);
            }

            file.Seek(0, SeekOrigin.End);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static string Clean(string text) => text.AsSpan().IndexOfAny('\t', '\n', '\r') < 0 ? text : Uri.EscapeDataString(text);
}

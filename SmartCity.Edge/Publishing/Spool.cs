using System.Buffers;
using System.Globalization;
using Microsoft.Extensions.Logging;
using Microsoft.Win32.SafeHandles;

namespace SmartCity.Edge.Publishing;

/// <summary>Where a record begins: its number since the spool was made, its segment (the number of the segment's first record), and the byte within.</summary>
internal readonly record struct SpoolPosition(long Segment, long Offset, long Record) : IComparable<SpoolPosition>
{
    public int CompareTo(SpoolPosition other) => (Segment, Offset).CompareTo((other.Segment, other.Offset));
}

/// <summary>One record and where the next one begins.</summary>
internal readonly record struct SpoolRecord(byte[] Payload, SpoolPosition At, SpoolPosition Next);

/// <summary>
/// An append-only log in segments. A torn last record, as a power cut leaves it, is cut off when the log is opened; a damaged one
/// further up is set aside as <c>.damaged</c>, loudly, and reading goes on behind it. One writer, readers at will.
/// </summary>
internal sealed class Spool : IDisposable
{
    // Holds at least one record of any size.
    private const int WindowBytes = SpoolFrame.HeaderBytes + SpoolFrame.MaximumPayloadBytes;

    private readonly string _folder;
    private readonly long _segmentBytes;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private readonly ArrayBufferWriter<byte> _frames = new();
    private SafeFileHandle _segment;
    private SpoolPosition _end;

    /// <exception cref="IOException">The folder cannot be written.</exception>
    public Spool(string folder, ILogger logger, long segmentBytes = 8 * 1024 * 1024)
    {
        _folder = folder;
        _logger = logger;
        _segmentBytes = segmentBytes;
        Directory.CreateDirectory(folder);
        var segments = Segments();
        var last = segments.Count == 0 ? 0 : segments[^1];
        _segment = File.OpenHandle(PathOf(last), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        _end = CutTornTail(last);
    }

    /// <summary>Where the next record will begin.</summary>
    public SpoolPosition End
    {
        get
        {
            lock (_gate)
            {
                return _end;
            }
        }
    }

    /// <summary>Where the oldest record that is kept begins.</summary>
    public SpoolPosition Start => Segments() is [var first, ..] ? new SpoolPosition(first, 0, first) : default;

    public long Bytes => Segments().Sum(LengthOf);

    /// <summary>Appends records and flushes them to the disk once, all of them or, on an error, none.</summary>
    /// <returns>Where each of them lies.</returns>
    /// <exception cref="IOException">The disk is full or failed; nothing was appended.</exception>
    public List<(SpoolPosition At, SpoolPosition Next)> Append(IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        lock (_gate)
        {
            if (_end.Offset >= _segmentBytes)
            {
                StartSegment();
            }

            _frames.ResetWrittenCount();
            foreach (var payload in payloads)
            {
                SpoolFrame.Write(_frames, payload.Span);
            }

            try
            {
                RandomAccess.Write(_segment, _frames.WrittenSpan, _end.Offset);
                RandomAccess.FlushToDisk(_segment);
            }
            catch (IOException)
            {
                RandomAccess.SetLength(_segment, _end.Offset);
                throw;
            }

            var places = new List<(SpoolPosition, SpoolPosition)>(payloads.Count);
            foreach (var payload in payloads)
            {
                var next = _end with { Offset = _end.Offset + SpoolFrame.HeaderBytes + payload.Length, Record = _end.Record + 1 };
                places.Add((_end, next));
                _end = next;
            }

            return places;
        }
    }

    /// <summary>The records from a position on that are there now.</summary>
    public IEnumerable<SpoolRecord> From(SpoolPosition from)
    {
        var end = End;
        foreach (var segment in Segments().Where(s => s >= from.Segment && s <= end.Segment))
        {
            var at = segment == from.Segment ? from : new SpoolPosition(segment, 0, segment);
            foreach (var record in InSegment(at, segment == end.Segment ? end.Offset : LengthOf(segment)))
            {
                yield return record;
            }
        }
    }

    /// <summary>Where the first record lies that may have been written at or after a time.</summary>
    public SpoolPosition WrittenSince(DateTimeOffset time)
    {
        var segment = Segments().Find(s => File.GetLastWriteTimeUtc(PathOf(s)) >= time.UtcDateTime);
        return segment == 0 ? Start : new SpoolPosition(segment, 0, segment);
    }

    /// <summary>Deletes whole segments that lie before a position, while the oldest was last written before a time or all together are too many bytes.</summary>
    /// <returns>Bytes freed.</returns>
    public long Trim(SpoolPosition delivered, DateTimeOffset olderThan, long keepBytes)
    {
        var bytes = Bytes;
        var freed = 0L;
        foreach (var segment in Segments().Where(s => s < delivered.Segment))
        {
            var file = new FileInfo(PathOf(segment));
            var length = file.Length;
            if (file.LastWriteTimeUtc >= olderThan.UtcDateTime && bytes - freed <= keepBytes)
            {
                break;
            }

            file.Delete();
            freed += length;
        }

        return freed;
    }

    public void Dispose() => _segment.Dispose();

    private void StartSegment()
    {
        var next = File.OpenHandle(PathOf(_end.Record), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.SetLength(next, 0);
        _segment.Dispose();
        _segment = next;
        _end = new SpoolPosition(_end.Record, 0, _end.Record);
    }

    private IEnumerable<SpoolRecord> InSegment(SpoolPosition at, long stop)
    {
        while (at.Offset < stop)
        {
            var window = ReadBytes(at, Math.Min(stop - at.Offset, WindowBytes));
            if (window.Length == 0)
            {
                yield break;
            }

            var used = 0;
            while (SpoolFrame.TryRead(window.AsSpan(used), out var payload))
            {
                var bytes = SpoolFrame.HeaderBytes + payload.Length;
                var record = new SpoolRecord(payload.ToArray(), at, at with { Offset = at.Offset + bytes, Record = at.Record + 1 });
                used += bytes;
                at = record.Next;
                yield return record;
            }

            if (used == 0)
            {
                var rest = ReadBytes(at, stop - at.Offset);
                var damaged = SpoolFrame.Next(rest) is > 0 and var found ? found : rest.Length;
                SetAside(at, rest.AsSpan(0, damaged));
                at = at with { Offset = at.Offset + damaged };
            }
        }
    }

    // Nothing when the segment was trimmed meanwhile: it was delivered.
    private byte[] ReadBytes(SpoolPosition at, long count)
    {
        var path = PathOf(at.Segment);
        if (!File.Exists(path))
        {
            return [];
        }

        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var bytes = new byte[count];
        var read = 0;
        while (read < bytes.Length && RandomAccess.Read(file, bytes.AsSpan(read), at.Offset + read) is > 0 and var got)
        {
            read += got;
        }

        return read == bytes.Length ? bytes : bytes[..read];
    }

    private SpoolPosition CutTornTail(long segment)
    {
        var length = RandomAccess.GetLength(_segment);
        var bytes = ReadBytes(new SpoolPosition(segment, 0, segment), length);
        var (at, whole, records) = (0, 0, 0);
        while (at < bytes.Length)
        {
            if (SpoolFrame.TryRead(bytes.AsSpan(at), out var payload))
            {
                at += SpoolFrame.HeaderBytes + payload.Length;
                (whole, records) = (at, records + 1);
            }
            else if (SpoolFrame.Next(bytes.AsSpan(at)) is > 0 and var skip)
            {
                at += skip;
            }
            else
            {
                break;
            }
        }

        if (whole < length)
        {
            _logger.LogWarning("Spool {Folder}: the last {Bytes} bytes were not written completely, because the process ended while it wrote them. They are removed; they had not been acknowledged.", _folder, length - whole);
            RandomAccess.SetLength(_segment, whole);
            RandomAccess.FlushToDisk(_segment);
        }

        return new SpoolPosition(segment, whole, segment + records);
    }

    private void SetAside(SpoolPosition at, ReadOnlySpan<byte> damaged)
    {
        var aside = $"{PathOf(at.Segment)}.{at.Offset.ToString(CultureInfo.InvariantCulture)}.damaged";
        if (File.Exists(aside))
        {
            return;
        }

        _logger.LogError("Spool {Path} is damaged: {Bytes} bytes from byte {Offset} cannot be read. They are kept in {Aside}, and the edge goes on with the records after them.", PathOf(at.Segment), damaged.Length, at.Offset, aside);
        try
        {
            File.WriteAllBytes(aside, damaged);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _logger.LogCritical(e, "{Aside} cannot be written; the damaged bytes stay in the spool until it is trimmed.", aside);
        }
    }

    private long LengthOf(long segment) => new FileInfo(PathOf(segment)) is { Exists: true } file ? file.Length : 0;

    private List<long> Segments() =>
        [.. Directory.EnumerateFiles(_folder, "*.log").Select(f => long.Parse(Path.GetFileNameWithoutExtension(f), CultureInfo.InvariantCulture)).Order()];

    private string PathOf(long segment) => Path.Combine(_folder, segment.ToString("D20", CultureInfo.InvariantCulture) + ".log");
}

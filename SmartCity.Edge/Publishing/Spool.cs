using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using Microsoft.Extensions.Logging;

namespace SmartCity.Edge.Publishing;

/// <summary>Where a record begins: its segment's first record number and the byte within it.</summary>
public readonly record struct SpoolPosition(long Segment, long Offset)
{
    public bool IsBefore(SpoolPosition other) => (Segment, Offset).CompareTo((other.Segment, other.Offset)) < 0;
}

/// <summary>One record and where the next one begins.</summary>
public readonly record struct SpoolRecord(byte[] Payload, SpoolPosition At, SpoolPosition Next);

/// <summary>
/// An append-only log in segments. A frame is length (4 bytes), CRC-32 of the payload (4 bytes), payload.
/// A torn last frame, as a power cut leaves it, is cut off when the log is opened; a damaged segment is set aside as <c>.damaged</c>
/// from the damage on, loudly. One writer, readers at will.
/// </summary>
public sealed class Spool : IDisposable
{
    private const int Header = 8;
    private const int MaximumPayload = 4 * 1024 * 1024;

    private readonly string _folder;
    private readonly long _segmentBytes;
    private readonly ILogger _logger;
    private readonly Lock _gate = new();
    private FileStream _segment;
    private long _segmentName;
    private long _records;

    /// <exception cref="IOException">The folder cannot be written.</exception>
    public Spool(string folder, ILogger logger, long segmentBytes = 8 * 1024 * 1024)
    {
        _folder = folder;
        _logger = logger;
        _segmentBytes = segmentBytes;
        Directory.CreateDirectory(folder);
        var segments = Segments();
        _segmentName = segments.Count == 0 ? 0 : segments[^1];
        var (whole, count) = segments.Count == 0 ? (0, 0) : Check(_segmentName);
        _records = _segmentName + count;
        _segment = new FileStream(PathOf(_segmentName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
        if (_segment.Length > whole)
        {
            logger.LogWarning("Spool {Folder}: the last {Bytes} bytes were not written whole and are cut off.", folder, _segment.Length - whole);
            _segment.SetLength(whole);
        }

        _segment.Position = whole;
    }

    /// <summary>Where the next record will begin.</summary>
    public SpoolPosition End
    {
        get
        {
            lock (_gate)
            {
                return new SpoolPosition(_segmentName, _segment.Position);
            }
        }
    }

    /// <summary>Where the oldest record that is kept begins.</summary>
    public SpoolPosition Start => new(Segments().FirstOrDefault(), 0);

    public long Bytes => Segments().Sum(s => new FileInfo(PathOf(s)).Length);

    /// <summary>Appends records and flushes them to the disk, all of them or, on an error, none.</summary>
    /// <exception cref="IOException">The disk is full or failed; nothing was appended.</exception>
    public void Append(IReadOnlyList<ReadOnlyMemory<byte>> payloads)
    {
        lock (_gate)
        {
            if (_segment.Position >= _segmentBytes)
            {
                var next = new FileStream(PathOf(_records), FileMode.CreateNew, FileAccess.ReadWrite, FileShare.Read);
                _segment.Dispose();
                _segment = next;
                _segmentName = _records;
            }

            var before = _segment.Position;
            try
            {
                Span<byte> header = stackalloc byte[Header];
                foreach (var payload in payloads)
                {
                    ArgumentOutOfRangeException.ThrowIfGreaterThan(payload.Length, MaximumPayload);
                    BinaryPrimitives.WriteInt32LittleEndian(header, payload.Length);
                    BinaryPrimitives.WriteUInt32LittleEndian(header[4..], Crc32.HashToUInt32(payload.Span));
                    _segment.Write(header);
                    _segment.Write(payload.Span);
                }

                _segment.Flush(flushToDisk: true);
                _records += payloads.Count;
            }
            catch
            {
                _segment.SetLength(before);
                _segment.Position = before;
                throw;
            }
        }
    }

    /// <summary>Up to <paramref name="most"/> records from a position on.</summary>
    public List<SpoolRecord> Read(SpoolPosition from, int most)
    {
        var found = new List<SpoolRecord>();
        var end = End;
        while (found.Count < most && from.IsBefore(end))
        {
            var path = PathOf(from.Segment);
            if (File.Exists(path))
            {
                var stop = from.Segment == end.Segment ? end.Offset : long.MaxValue;
                using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                file.Position = from.Offset;
                while (found.Count < most && file.Position < stop && ReadFrame(file) is { } payload)
                {
                    var next = new SpoolPosition(from.Segment, file.Position);
                    found.Add(new SpoolRecord(payload, from, next));
                    from = next;
                }

                if (found.Count == most || from.Segment == end.Segment)
                {
                    return found;
                }

                if (from.Offset < file.Length)
                {
                    SetAside(path, from.Offset);
                }
            }

            var later = Segments().Where(s => s > from.Segment).ToList();
            if (later.Count == 0)
            {
                return found;
            }

            from = new SpoolPosition(later[0], 0);
        }

        return found;
    }

    /// <summary>Deletes whole segments that lie before a position and are too old, or too many bytes.</summary>
    public void Trim(SpoolPosition delivered, DateTimeOffset olderThan, long keepBytes)
    {
        var segments = Segments();
        var bytes = Bytes;
        foreach (var segment in segments.Where(s => s < delivered.Segment && s != _segmentName))
        {
            var file = new FileInfo(PathOf(segment));
            if (file.LastWriteTimeUtc >= olderThan.UtcDateTime && bytes <= keepBytes)
            {
                return;
            }

            bytes -= file.Length;
            file.Delete();
        }
    }

    public void Dispose() => _segment.Dispose();

    private static byte[]? ReadFrame(FileStream file)
    {
        Span<byte> header = stackalloc byte[Header];
        if (file.ReadAtLeast(header, Header, throwOnEndOfStream: false) < Header)
        {
            return null;
        }

        var length = BinaryPrimitives.ReadInt32LittleEndian(header);
        if (length is < 0 or > MaximumPayload)
        {
            return null;
        }

        var payload = new byte[length];
        return file.ReadAtLeast(payload, length, throwOnEndOfStream: false) == length
            && Crc32.HashToUInt32(payload) == BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) ? payload : null;
    }

    private (long Whole, int Records) Check(long segment)
    {
        using var file = new FileStream(PathOf(segment), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var (whole, records) = (0L, 0);
        while (ReadFrame(file) is not null)
        {
            (whole, records) = (file.Position, records + 1);
        }

        return (whole, records);
    }

    private void SetAside(string path, long from)
    {
        var aside = $"{path}.{from.ToString(CultureInfo.InvariantCulture)}.damaged";
        if (!File.Exists(aside))
        {
            File.Copy(path, aside);
            _logger.LogError("Spool {Path} is damaged from byte {Offset} on; a copy is kept as {Aside} and reading goes on with the next segment.", path, from, aside);
        }
    }

    private List<long> Segments() =>
        [.. Directory.EnumerateFiles(_folder, "*.log").Select(f => long.Parse(Path.GetFileNameWithoutExtension(f), CultureInfo.InvariantCulture)).Order()];

    private string PathOf(long segment) => Path.Combine(_folder, segment.ToString("D20", CultureInfo.InvariantCulture) + ".log");
}

using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SmartCity.Contracts;

/// <summary>A plate that an edge must watch for.</summary>
/// <param name="Id">The hot-list entry.</param>
/// <param name="Plate">A–Z and 0–9, no pattern.</param>
/// <param name="Priority">1 (highest) to 5.</param>
/// <param name="ValidFrom">From when it is valid, inclusive.</param>
/// <param name="ValidTo">Until when it is valid, exclusive.</param>
public readonly record struct EdgeHotlistEntry(Guid Id, string Plate, int Priority, DateTimeOffset ValidFrom, DateTimeOffset ValidTo);

/// <summary>An entry that a plate matched.</summary>
/// <param name="Priority">1 (highest) to 5.</param>
public readonly record struct EdgeHotlistHit(Guid EntryId, int Priority);

/// <summary>
/// The hot-list as an edge holds it, <c>GET /api/edge/hotlist</c> and on the edge's disk alike. A plate is only there as the first 128 bits of
/// HMAC-SHA-256, with a key that is part of the list. So nobody can read plates from the list, but whoever has it can try plates one by one. Immutable.
/// <para>
/// Big endian: "SCHL", version (1 byte), key (32), number of entries (4); in the order of the hashes each entry's hash (16), id (16), priority (1),
/// valid from and to (8 each, Unix milliseconds); SHA-256 of all that (32).
/// </para>
/// </summary>
public sealed class EdgeHotlist
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = HashBytes + IdBytes + 1 + 8 + 8;

    private const int HashBytes = 16;
    private const int IdBytes = 16;
    private const int KeyBytes = 32;
    private const byte Version = 1;
    private const int KeyAt = 5;
    private const int CountAt = KeyAt + KeyBytes;
    private const int HeaderBytes = CountAt + 4;

    private readonly byte[] _bytes;

    private EdgeHotlist(byte[] bytes)
    {
        _bytes = bytes;
        Count = BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(CountAt));
    }

    /// <summary>A list without entries.</summary>
    public static EdgeHotlist Empty { get; } = Make([]);

    /// <summary>Number of entries.</summary>
    public int Count { get; }

    /// <summary>The list as it is sent and written to the disk.</summary>
    public ReadOnlyMemory<byte> Bytes => _bytes;

    private static ReadOnlySpan<byte> Mark => "SCHL"u8;

    /// <summary>Makes a list with a new random key.</summary>
    public static EdgeHotlist Make(IReadOnlyCollection<EdgeHotlistEntry> entries)
    {
        var bytes = new byte[HeaderBytes + entries.Count * EntryBytes + SHA256.HashSizeInBytes];
        Mark.CopyTo(bytes);
        bytes[Mark.Length] = Version;
        var key = bytes.AsSpan(KeyAt, KeyBytes);
        RandomNumberGenerator.Fill(key);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), entries.Count);
        var hashed = new (UInt128 Hash, EdgeHotlistEntry Entry)[entries.Count];
        var next = 0;
        foreach (var entry in entries)
        {
            hashed[next++] = (HashOf(key, entry.Plate), entry);
        }

        Array.Sort(hashed, (one, other) => one.Hash.CompareTo(other.Hash));
        for (var i = 0; i < hashed.Length; i++)
        {
            Write(bytes.AsSpan(HeaderBytes + i * EntryBytes, EntryBytes), hashed[i].Hash, hashed[i].Entry);
        }

        SHA256.HashData(bytes.AsSpan(..^SHA256.HashSizeInBytes), bytes.AsSpan(^SHA256.HashSizeInBytes..));
        return new EdgeHotlist(bytes);
    }

    /// <param name="bytes">The whole list; the caller must not change them afterwards.</param>
    /// <exception cref="InvalidDataException">The bytes are not a hot-list, or are damaged.</exception>
    public static EdgeHotlist Read(byte[] bytes)
    {
        if (bytes.Length < HeaderBytes + SHA256.HashSizeInBytes || !bytes.AsSpan().StartsWith(Mark))
        {
            throw new InvalidDataException($"{bytes.Length} bytes are not an edge's hot-list.");
        }

        if (bytes[Mark.Length] != Version)
        {
            throw new InvalidDataException($"The hot-list has version {bytes[Mark.Length]}, but this edge reads version {Version}. Install the same version of SmartCity at the core and at the edge.");
        }

        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes.AsSpan(..^SHA256.HashSizeInBytes), sum);
        return sum.SequenceEqual(bytes.AsSpan(^SHA256.HashSizeInBytes..)) && bytes.Length == HeaderBytes + (long)EntryBytes * BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(CountAt)) + SHA256.HashSizeInBytes
            ? new EdgeHotlist(bytes)
            : throw new InvalidDataException("The hot-list is damaged: its checksum is wrong.");
    }

    /// <summary>The entries for a plate that are valid at a time; empty if there are none.</summary>
    public IReadOnlyList<EdgeHotlistHit> Find(string plate, DateTimeOffset at)
    {
        if (Count == 0)
        {
            return [];
        }

        var hash = HashOf(_bytes.AsSpan(KeyAt, KeyBytes), plate);
        var now = at.ToUnixTimeMilliseconds();
        var hits = new List<EdgeHotlistHit>();
        for (var i = FirstFrom(hash); i < Count && HashAt(i) == hash; i++)
        {
            var entry = EntryAt(i)[HashBytes..];
            var (from, to) = (BinaryPrimitives.ReadInt64BigEndian(entry[(IdBytes + 1)..]), BinaryPrimitives.ReadInt64BigEndian(entry[(IdBytes + 9)..]));
            if (from <= now && now < to)
            {
                hits.Add(new EdgeHotlistHit(new Guid(entry[..IdBytes], bigEndian: true), entry[IdBytes]));
            }
        }

        return hits;
    }

    // The first entry whose hash is no smaller.
    private int FirstFrom(UInt128 hash)
    {
        var (low, high) = (0, Count);
        while (low < high)
        {
            var middle = low + (high - low) / 2;
            (low, high) = HashAt(middle) < hash ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    private ReadOnlySpan<byte> EntryAt(int index) => _bytes.AsSpan(HeaderBytes + index * EntryBytes, EntryBytes);

    private UInt128 HashAt(int index) => BinaryPrimitives.ReadUInt128BigEndian(EntryAt(index));

    private static void Write(Span<byte> to, UInt128 hash, EdgeHotlistEntry entry)
    {
        BinaryPrimitives.WriteUInt128BigEndian(to, hash);
        to = to[HashBytes..];
        entry.Id.TryWriteBytes(to, bigEndian: true, out _);
        to[IdBytes] = (byte)entry.Priority;
        BinaryPrimitives.WriteInt64BigEndian(to[(IdBytes + 1)..], entry.ValidFrom.ToUnixTimeMilliseconds());
        BinaryPrimitives.WriteInt64BigEndian(to[(IdBytes + 9)..], entry.ValidTo.ToUnixTimeMilliseconds());
    }

    private static UInt128 HashOf(ReadOnlySpan<byte> key, string plate)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(plate), hash);
        return BinaryPrimitives.ReadUInt128BigEndian(hash);
    }
}

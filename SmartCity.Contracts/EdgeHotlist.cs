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
/// Big endian: "SCHL", version (1 byte), key (32), number of entries (4); in the order of hashes and ids each entry's hash (16), id (16), priority (1),
/// valid from and to (8 each, Unix milliseconds); SHA-256 of all that (32).
/// </para>
/// </summary>
public sealed class EdgeHotlist
{
    /// <summary>Bytes of an entry.</summary>
    public const int EntryBytes = HashBytes + IdBytes + 1 + 8 + 8;

    internal const int HashBytes = 16;
    internal const int IdBytes = 16;
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

    /// <summary>SHA-256 of the list: two lists with the same one are the same, key and all.</summary>
    public ReadOnlySpan<byte> Checksum => _bytes.AsSpan(^SHA256.HashSizeInBytes..);

    private static ReadOnlySpan<byte> Mark => "SCHL"u8;

    /// <summary>Makes a list with the key of another one, so that the difference can be told, or with a new random key.</summary>
    public static EdgeHotlist Make(IReadOnlyCollection<EdgeHotlistEntry> entries, EdgeHotlist? like = null)
    {
        var bytes = new byte[HeaderBytes + entries.Count * EntryBytes + SHA256.HashSizeInBytes];
        Mark.CopyTo(bytes);
        bytes[Mark.Length] = Version;
        var key = bytes.AsSpan(KeyAt, KeyBytes);
        if (like is null)
        {
            RandomNumberGenerator.Fill(key);
        }
        else
        {
            like._bytes.AsSpan(KeyAt, KeyBytes).CopyTo(key);
        }

        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), entries.Count);
        var hashed = new (UInt128 Hash, EdgeHotlistEntry Entry)[entries.Count];
        var next = 0;
        foreach (var entry in entries)
        {
            hashed[next++] = (HashOf(key, entry.Plate), entry);
        }

        Array.Sort(hashed, (one, other) => one.Hash.CompareTo(other.Hash) is not 0 and var order ? order : IdOf(one.Entry).CompareTo(IdOf(other.Entry)));
        for (var i = 0; i < hashed.Length; i++)
        {
            Write(bytes.AsSpan(HeaderBytes + i * EntryBytes, EntryBytes), hashed[i].Hash, hashed[i].Entry);
        }

        Sign(bytes);
        return new EdgeHotlist(bytes);
    }

    /// <summary>The list with what a delta takes away and adds.</summary>
    /// <exception cref="InvalidDataException">The delta is not one of this list.</exception>
    public EdgeHotlist With(EdgeHotlistDelta delta)
    {
        if (!delta.From.SequenceEqual(Checksum))
        {
            throw new InvalidDataException("The changes of the hot-list are not those of the list that this edge has.");
        }

        // An entry whose place is among the changes is replaced, so what is added may have been there before.
        var kept = Enumerable.Range(0, Count).Where(i => !delta.Changes.ContainsKey(PlaceOf(EntryAt(i)))).Select(i => (ReadOnlyMemory<byte>)_bytes.AsMemory(HeaderBytes + i * EntryBytes, EntryBytes));
        ReadOnlyMemory<byte>[] entries = [.. kept.Concat(delta.Changes.Values.Where(c => c.Length > 0)).OrderBy(e => PlaceOf(e.Span))];
        var bytes = new byte[HeaderBytes + entries.Length * EntryBytes + SHA256.HashSizeInBytes];
        _bytes.AsSpan(..CountAt).CopyTo(bytes);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountAt), entries.Length);
        for (var i = 0; i < entries.Length; i++)
        {
            entries[i].Span.CopyTo(bytes.AsSpan(HeaderBytes + i * EntryBytes));
        }

        Sign(bytes);
        var list = new EdgeHotlist(bytes);
        return delta.To.SequenceEqual(list.Checksum) ? list : throw new InvalidDataException("The changes of the hot-list do not lead to the list that the core has.");
    }

    /// <summary>What leads from this list to another one of the same key; null if their keys differ.</summary>
    public EdgeHotlistDelta? To(EdgeHotlist after)
    {
        if (!_bytes.AsSpan(KeyAt, KeyBytes).SequenceEqual(after._bytes.AsSpan(KeyAt, KeyBytes)))
        {
            return null;
        }

        var changes = new Dictionary<(UInt128 Hash, UInt128 Id), ReadOnlyMemory<byte>>();
        var (i, j) = (0, 0);
        while (i < Count || j < after.Count)
        {
            var order = i == Count ? 1 : j == after.Count ? -1 : PlaceOf(EntryAt(i)).CompareTo(PlaceOf(after.EntryAt(j)));
            if (order < 0)
            {
                changes[PlaceOf(EntryAt(i++))] = default;
            }
            else if (order > 0 || !EntryAt(i).SequenceEqual(after.EntryAt(j)))
            {
                changes[PlaceOf(after.EntryAt(j))] = after._bytes.AsMemory(HeaderBytes + j * EntryBytes, EntryBytes).ToArray();
                (i, j) = (order > 0 ? i : i + 1, j + 1);
            }
            else
            {
                (i, j) = (i + 1, j + 1);
            }
        }

        return new EdgeHotlistDelta(Checksum.ToArray(), after.Checksum.ToArray(), changes);
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

    /// <summary>Where an entry stands in the list, and nothing else stands.</summary>
    internal static (UInt128 Hash, UInt128 Id) PlaceOf(ReadOnlySpan<byte> entry) => (BinaryPrimitives.ReadUInt128BigEndian(entry), BinaryPrimitives.ReadUInt128BigEndian(entry[HashBytes..]));

    private static UInt128 IdOf(EdgeHotlistEntry entry)
    {
        Span<byte> id = stackalloc byte[IdBytes];
        entry.Id.TryWriteBytes(id, bigEndian: true, out _);
        return BinaryPrimitives.ReadUInt128BigEndian(id);
    }

    private static void Sign(byte[] bytes) => SHA256.HashData(bytes.AsSpan(..^SHA256.HashSizeInBytes), bytes.AsSpan(^SHA256.HashSizeInBytes..));

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

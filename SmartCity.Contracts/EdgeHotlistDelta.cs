using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SmartCity.Contracts;

/// <summary>
/// What leads from one hot-list of an edge to another of the same key: the answer 226 of <c>GET /api/edge/hotlist</c> to an edge that says
/// <c>A-IM: smartcity-hotlist-delta; base=…</c> with the checksum of its list (RFC 3229). Immutable.
/// <para>
/// Big endian: "SCHD", version (1 byte), checksum of the list before (32) and after (32), number of entries that go (4) and that come (4); each entry that
/// goes as hash (16) and id (16); each that comes as in <see cref="EdgeHotlist"/> (49), in the place of the one of the same hash and id; SHA-256 of all that (32).
/// </para>
/// </summary>
public sealed class EdgeHotlistDelta
{
    /// <summary>The instance manipulation of RFC 3229.</summary>
    public const string Manipulation = "smartcity-hotlist-delta";

    /// <summary>Name of its parameter, before the checksum in hexadecimal digits.</summary>
    public const string Base = "base=";

    private const int SumBytes = SHA256.HashSizeInBytes;
    private const int PlaceBytes = EdgeHotlist.HashBytes + EdgeHotlist.IdBytes;
    private const byte Version = 1;
    private const int FromAt = 5;
    private const int ToAt = FromAt + SumBytes;
    private const int CountsAt = ToAt + SumBytes;
    private const int HeaderBytes = CountsAt + 8;

    private readonly byte[] _from;
    private readonly byte[] _to;

    internal EdgeHotlistDelta(byte[] from, byte[] to, IReadOnlyDictionary<(UInt128 Hash, UInt128 Id), ReadOnlyMemory<byte>> changes) => (_from, _to, Changes) = (from, to, changes);

    /// <summary>Checksum of the list that it is applied to.</summary>
    public ReadOnlySpan<byte> From => _from;

    /// <summary>Checksum of the list that it leads to.</summary>
    public ReadOnlySpan<byte> To => _to;

    /// <summary>Number of entries that go or come.</summary>
    public int Count => Changes.Count;

    // An entry by its place; empty if it goes.
    internal IReadOnlyDictionary<(UInt128 Hash, UInt128 Id), ReadOnlyMemory<byte>> Changes { get; }

    private static ReadOnlySpan<byte> Mark => "SCHD"u8;

    /// <summary>This one and then another, as one.</summary>
    public EdgeHotlistDelta Then(EdgeHotlistDelta next)
    {
        if (!next.From.SequenceEqual(To))
        {
            throw new ArgumentException("The next changes are not those of the list that these lead to.", nameof(next));
        }

        var changes = new Dictionary<(UInt128 Hash, UInt128 Id), ReadOnlyMemory<byte>>(Changes);
        foreach (var (place, entry) in next.Changes)
        {
            changes[place] = entry;
        }

        return new EdgeHotlistDelta(_from, next._to, changes);
    }

    /// <summary>As it is sent.</summary>
    public byte[] ToBytes()
    {
        var gone = Changes.Where(c => c.Value.IsEmpty).Select(c => c.Key).ToArray();
        var bytes = new byte[HeaderBytes + gone.Length * PlaceBytes + (Changes.Count - gone.Length) * EdgeHotlist.EntryBytes + SumBytes];
        Mark.CopyTo(bytes);
        bytes[Mark.Length] = Version;
        From.CopyTo(bytes.AsSpan(FromAt));
        To.CopyTo(bytes.AsSpan(ToAt));
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountsAt), gone.Length);
        BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(CountsAt + 4), Changes.Count - gone.Length);
        var at = HeaderBytes;
        foreach (var (hash, id) in gone)
        {
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(at), hash);
            BinaryPrimitives.WriteUInt128BigEndian(bytes.AsSpan(at + EdgeHotlist.HashBytes), id);
            at += PlaceBytes;
        }

        foreach (var entry in Changes.Values.Where(e => !e.IsEmpty))
        {
            entry.Span.CopyTo(bytes.AsSpan(at));
            at += EdgeHotlist.EntryBytes;
        }

        SHA256.HashData(bytes.AsSpan(..^SumBytes), bytes.AsSpan(^SumBytes..));
        return bytes;
    }

    /// <param name="bytes">The whole of it; the caller must not change them afterwards.</param>
    /// <exception cref="InvalidDataException">The bytes are not changes of a hot-list, or are damaged.</exception>
    public static EdgeHotlistDelta Read(byte[] bytes)
    {
        if (bytes.Length < HeaderBytes + SumBytes || !bytes.AsSpan().StartsWith(Mark) || bytes[Mark.Length] != Version)
        {
            throw new InvalidDataException($"{bytes.Length} bytes are not changes of an edge's hot-list that this edge can read.");
        }

        Span<byte> sum = stackalloc byte[SumBytes];
        SHA256.HashData(bytes.AsSpan(..^SumBytes), sum);
        var (gone, come) = (BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(CountsAt)), BinaryPrimitives.ReadInt32BigEndian(bytes.AsSpan(CountsAt + 4)));
        if (gone < 0 || come < 0 || !sum.SequenceEqual(bytes.AsSpan(^SumBytes..)) || bytes.Length != HeaderBytes + (long)gone * PlaceBytes + (long)come * EdgeHotlist.EntryBytes + SumBytes)
        {
            throw new InvalidDataException("The changes of the hot-list are damaged: their checksum is wrong.");
        }

        var changes = new Dictionary<(UInt128 Hash, UInt128 Id), ReadOnlyMemory<byte>>(gone + come);
        var at = HeaderBytes;
        for (var i = 0; i < gone; i++, at += PlaceBytes)
        {
            changes[EdgeHotlist.PlaceOf(bytes.AsSpan(at))] = default;
        }

        for (var i = 0; i < come; i++, at += EdgeHotlist.EntryBytes)
        {
            changes[EdgeHotlist.PlaceOf(bytes.AsSpan(at))] = bytes.AsMemory(at, EdgeHotlist.EntryBytes);
        }

        return new EdgeHotlistDelta(bytes[FromAt..ToAt], bytes[ToAt..CountsAt], changes);
    }
}

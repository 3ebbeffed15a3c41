using System.Globalization;
using SmartCity.Contracts;

namespace SmartCity.Edge.Publishing;

/// <summary>Whose pictures: a revision of a sighting. In the order of time, because ids are.</summary>
internal readonly record struct PictureName(Guid Id, int Revision) : IComparable<PictureName>
{
    /// <summary>When it was captured: an id is minted at the capture time and holds it, in milliseconds.</summary>
    public DateTimeOffset CapturedAt
    {
        get
        {
            Span<byte> bytes = stackalloc byte[16];
            Id.TryWriteBytes(bytes, bigEndian: true, out _);
            return DateTimeOffset.FromUnixTimeMilliseconds((long)System.Buffers.Binary.BinaryPrimitives.ReadUInt64BigEndian(bytes) >>> 16);
        }
    }

    public static PictureName Of(Sighting sighting) => new(sighting.Id, sighting.Revision);

    /// <summary>What a file's name begins with; null if it is no picture's.</summary>
    public static PictureName? Parse(string file)
    {
        var parts = file.Split('.');
        if (!Guid.TryParse(parts[0], out var id))
        {
            return null;
        }

        return parts.Length > 1 && parts[1].StartsWith('r') && int.TryParse(parts[1].AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var revision) ? new PictureName(id, revision) : new PictureName(id, 0);
    }

    public int CompareTo(PictureName other) => Id.CompareTo(other.Id) is var order && order != 0 ? order : Revision.CompareTo(other.Revision);

    public override string ToString() => Revision == 0 ? $"{Id}" : string.Create(CultureInfo.InvariantCulture, $"{Id}.r{Revision}");
}

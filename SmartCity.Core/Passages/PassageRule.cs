using System.Buffers.Binary;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace SmartCity.Core.Passages;

/// <summary>
/// Which sightings are one passage: those of one plate at one station that follow one another within the gap, however they arrive.
/// First, last, number and best sighting of the passages depend on the set of sightings alone, not on order, repetition or lateness.
/// A vehicle that stays in sight for longer than a day makes another passage. An id, once given, stays: a passage that grows keeps its id, and where a late sighting joins two passages the earlier one's id remains.
/// </summary>
public static class PassageRule
{
    /// <summary>From the first sighting of a passage to its last: where to look for it is known from this.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Merges stored passages and new sightings (as passages of one sighting without id) of one plate at one station.</summary>
    public static IReadOnlyList<Passage> Merge(IEnumerable<Passage> passages, TimeSpan gap)
    {
        var merged = new List<Passage>();
        foreach (var next in passages.OrderBy(p => p.FirstAt).ThenBy(p => p.LastAt).ThenBy(p => p.Best.Id))
        {
            if (merged.Count > 0 && next.FirstAt - merged[^1].LastAt <= gap && next.LastAt - merged[^1].FirstAt <= Longest)
            {
                merged[^1] = Join(merged[^1], next);
            }
            else
            {
                merged.Add(next);
            }
        }

        return merged;
    }

    /// <summary>
    /// The id of a passage that is stored for the first time, from its natural key: a replay into an empty database in the same order gives the same ids. It begins
    /// with the milliseconds of the first sighting, so that what is stored at one time lies together in the index.
    /// </summary>
    public static Guid NewId(Passage passage)
    {
        var key = string.Create(CultureInfo.InvariantCulture, $"{passage.StationId}|{passage.Plate}|{passage.FirstAt.UtcTicks}|{passage.Best.Id}");
        Span<byte> hash = stackalloc byte[16];
        Span<byte> time = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt128BigEndian(hash, XxHash128.HashToUInt128(Encoding.UTF8.GetBytes(key)));
        BinaryPrimitives.WriteUInt64BigEndian(time, (ulong)Math.Max(0, passage.FirstAt.ToUnixTimeMilliseconds()) << 16);
        time[..6].CopyTo(hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash, bigEndian: true);
    }

    private static Passage Join(Passage earlier, Passage later) => earlier with
    {
        Id = earlier.Id ?? later.Id,
        LastAt = later.LastAt > earlier.LastAt ? later.LastAt : earlier.LastAt,
        Sightings = earlier.Sightings + later.Sightings,
        Best = Better(earlier.Best, later.Best),
        Absorbed = earlier.Id is not null && later.Id is { } absorbed ? [.. earlier.Absorbed, absorbed, .. later.Absorbed] : [.. earlier.Absorbed, .. later.Absorbed],
        Changed = true,
    };

    private static BestSighting Better(BestSighting a, BestSighting b)
    {
        var order = b.Confidence.CompareTo(a.Confidence);
        order = order != 0 ? order : a.At.CompareTo(b.At);
        order = order != 0 ? order : a.Id.CompareTo(b.Id);
        return order <= 0 ? a : b;
    }
}

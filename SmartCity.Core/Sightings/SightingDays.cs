using System.Buffers.Binary;

namespace SmartCity.Core.Sightings;

/// <summary>Where to look first for a sighting of which only the id is known, so that not every day's table is opened.</summary>
internal static class SightingDays
{
    private static readonly TimeSpan Around = TimeSpan.FromDays(1);

    // An id may say any time, also one that no calendar has.
    private static readonly long Latest = (DateTimeOffset.MaxValue - Around).ToUnixTimeMilliseconds();

    /// <summary>Spans of capture time in the order to look through: around the time that the id was made, then all. An id of version 7 begins with milliseconds since 1970.</summary>
    public static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Of(Guid id)
    {
        if (Made(id) is { } made)
        {
            yield return (made - Around, made + Around);
        }

        yield return (DateTimeOffset.MinValue, DateTimeOffset.MaxValue);
    }

    /// <summary>When an id says that it was made; null when it says nothing. Edges make it of the time of capture.</summary>
    public static DateTimeOffset? Made(Guid id)
    {
        if (id.Version != 7)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        var milliseconds = (long)(BinaryPrimitives.ReadUInt64BigEndian(bytes) >> 16);
        return milliseconds < Latest ? DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) : null;
    }
}

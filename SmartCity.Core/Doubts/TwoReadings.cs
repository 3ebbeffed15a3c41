using System.Globalization;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Doubts;

/// <summary>Two plates that were probably one vehicle, read differently by the cameras of a station: DV12ABC in front, DY12ABC behind. Pure.</summary>
internal static class TwoReadings
{
    public const string Kind = "two-readings";

    public const int MostKeys = LongestPlate + 2;

    private const int LongestPlate = 12;
    private const int MostLookAlikes = 2;

    // No plate of twelve characters has this bit as a number.
    private const ulong FoldedKey = 1UL << 63;

    /// <summary>Whether two readings of different plates, at one station and within the time that one vehicle takes, hardly differ.</summary>
    public static bool AreOfOneVehicle(string plate, string camera, string other, string otherCamera) =>
        plate != other && (NearPlates.AreLookAlike(plate, other, camera == otherCamera ? 1 : MostLookAlikes) || (camera != otherCamera && IsOneEditApart(plate, other)));

    /// <summary>The one of the two on which a person decides first: what was read with less confidence, and nobody has looked at.</summary>
    public static ChargeableSighting ToDecide(ChargeableSighting a, ChargeableSighting b) =>
        a.IsReviewed != b.IsReviewed ? (a.IsReviewed ? b : a)
        : (a.Confidence, b.CapturedAt, b.Id).CompareTo((b.Confidence, a.CapturedAt, a.Id)) <= 0 ? a : b;

    public static string Why(ChargeableSighting reading, ChargeableSighting other) => string.Create(
        CultureInfo.InvariantCulture,
        $"{reading.CameraId} read {reading.Plate}, and {(reading.CameraId == other.CameraId ? "the same camera" : other.CameraId)} read {other.Plate} {(reading.CapturedAt - other.CapturedAt).Duration().TotalSeconds:0.0} s {(reading.CapturedAt > other.CapturedAt ? "before" : "after")} it: probably one vehicle. Neither is charged until this is decided.");

    /// <summary>What a plate shares with every plate that it may have been read as: itself folded, and itself without one character each, as numbers. What shares one need not be alike.</summary>
    /// <param name="keys">Room for <see cref="MostKeys"/>.</param>
    /// <returns>Those that were filled.</returns>
    public static ReadOnlySpan<ulong> Keys(string plate, Span<ulong> keys)
    {
        var read = plate.AsSpan(0, Math.Min(plate.Length, LongestPlate));
        Span<char> other = stackalloc char[LongestPlate];
        NearPlates.Folded(read, other);
        keys[0] = PackedPlates.Pack(other[..read.Length]) | FoldedKey;
        keys[1] = PackedPlates.Pack(read);
        for (var i = 0; i < read.Length; i++)
        {
            read[..i].CopyTo(other);
            read[(i + 1)..].CopyTo(other[i..]);
            keys[i + 2] = PackedPlates.Pack(other[..(read.Length - 1)]);
        }

        return keys[..(read.Length + 2)];
    }

    private static bool IsOneEditApart(string a, string b)
    {
        if (a.Length > b.Length)
        {
            (a, b) = (b, a);
        }

        if (b.Length - a.Length > 1)
        {
            return false;
        }

        var i = 0;
        while (i < a.Length && a[i] == b[i])
        {
            i++;
        }

        return a.Length == b.Length ? a.AsSpan(i + 1).SequenceEqual(b.AsSpan(i + 1)) : a.AsSpan(i).SequenceEqual(b.AsSpan(i + 1));
    }
}

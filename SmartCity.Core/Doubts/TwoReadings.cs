using System.Globalization;
using SmartCity.Core.Alerts;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Doubts;

/// <summary>Two plates that were probably one vehicle, read differently by the cameras of a station: DV12ABC in front, DY12ABC behind. Pure.</summary>
internal static class TwoReadings
{
    public const string Kind = "two-readings";

    private const int MostLookAlikes = 2;

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

    /// <summary>What a plate shares with every plate that it may have been read as: itself folded, and itself without one character each.</summary>
    public static IEnumerable<string> Keys(string plate)
    {
        yield return "=" + NearPlates.Folded(plate);
        yield return plate;
        for (var i = 0; i < plate.Length; i++)
        {
            yield return plate.Remove(i, 1);
        }
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

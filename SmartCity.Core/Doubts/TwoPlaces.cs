using System.Globalization;
using SmartCity.Core.Charges;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Doubts;

/// <summary>Readings of one plate that no single vehicle can have caused: it was at two places faster than any road allows. Pure.</summary>
internal static class TwoPlaces
{
    public const string Kind = "two-places";

    // However wide a country is; a station that was put down in the wrong place does not make every look go back for days.
    private static readonly TimeSpan Farthest = TimeSpan.FromHours(24);

    /// <summary>What lies further apart in time is never impossible, unless it is more than 24 hours' drive away.</summary>
    public static TimeSpan Reach(IReadOnlyDictionary<string, StationPlace> places, DoubtOptions options)
    {
        if (places.Count < 2)
        {
            return TimeSpan.Zero;
        }

        var reach = TimeSpan.FromHours(Diameter([.. places.Values]) / options.FastestKilometresAnHour) - options.ClockTolerance;
        return reach > Farthest ? Farthest : reach > TimeSpan.Zero ? reach : TimeSpan.Zero;
    }

    /// <param name="apart">Time between the two, whichever came first; zero where they overlap.</param>
    public static bool IsImpossible(StationPlace a, StationPlace b, TimeSpan apart, DoubtOptions options) =>
        Kilometres(a, b) > options.FastestKilometresAnHour * (apart + options.ClockTolerance).TotalHours;

    /// <summary>Each stay at a station that cannot be of the same vehicle as the stay before or after it, with that one.</summary>
    /// <param name="readings">All of one plate.</param>
    /// <param name="gap">Readings at one station belong to one stay when no more than this lies between them.</param>
    public static IEnumerable<(Stay Stay, Stay Other)> Find(IEnumerable<ChargeableSighting> readings, IReadOnlyDictionary<string, StationPlace> places, TimeSpan gap, DoubtOptions options)
    {
        Stay? before = null;
        var beforeFound = false;
        foreach (var stay in Stays(readings, gap))
        {
            var impossible = before is not null && places.TryGetValue(before.StationId, out var from) && places.TryGetValue(stay.StationId, out var to)
                && IsImpossible(from, to, stay.First > before.Last ? stay.First - before.Last : TimeSpan.Zero, options);
            if (impossible)
            {
                if (!beforeFound)
                {
                    yield return (before!, stay);
                }

                yield return (stay, before!);
            }

            (before, beforeFound) = (stay, impossible);
        }
    }

    public static string Why(ChargeableSighting reading, ChargeableSighting other, IReadOnlyDictionary<string, StationPlace> places)
    {
        var apart = (reading.CapturedAt - other.CapturedAt).Duration();
        var when = apart < TimeSpan.FromSeconds(1) ? "at the same time as" : $"{Span(apart)} {(reading.CapturedAt > other.CapturedAt ? "after" : "before")}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{reading.Plate} was seen at {places[reading.StationId].Name} {when} at {places[other.StationId].Name}, {Kilometres(places[reading.StationId], places[other.StationId]):0.0} km away. No vehicle is that fast: one of the plates is cloned or was misread.");
    }

    private static IEnumerable<Stay> Stays(IEnumerable<ChargeableSighting> readings, TimeSpan gap)
    {
        Stay? stay = null;
        foreach (var reading in readings.OrderBy(r => r.CapturedAt).ThenBy(r => r.Id))
        {
            if (stay is not null && stay.StationId == reading.StationId && reading.CapturedAt - stay.Last <= gap)
            {
                stay.Readings.Add(reading);
                continue;
            }

            if (stay is not null)
            {
                yield return stay;
            }

            stay = new Stay([reading]);
        }

        if (stay is not null)
        {
            yield return stay;
        }
    }

    private static string Span(TimeSpan time) => time < TimeSpan.FromMinutes(2)
        ? string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0} seconds")
        : string.Create(CultureInfo.InvariantCulture, $"{time.TotalMinutes:0} minutes");

    private static double Kilometres(StationPlace a, StationPlace b) => Journey.Kilometres((a.Name, a.Latitude, a.Longitude), (b.Name, b.Latitude, b.Longitude));

    // Of the box around all stations: never too short.
    private static double Diameter(List<StationPlace> all)
    {
        var (south, north, west, east) = (all.Min(p => p.Latitude), all.Max(p => p.Latitude), all.Min(p => p.Longitude), all.Max(p => p.Longitude));
        return Math.Max(
            Kilometres(new StationPlace("", south, west), new StationPlace("", north, east)),
            Kilometres(new StationPlace("", north, west), new StationPlace("", south, east)));
    }
}

/// <summary>Readings of one plate at one station that follow one another, oldest first.</summary>
internal sealed record Stay(List<ChargeableSighting> Readings)
{
    public string StationId => Readings[0].StationId;

    public DateTimeOffset First => Readings[0].CapturedAt;

    public DateTimeOffset Last => Readings[^1].CapturedAt;

    /// <summary>A person has said that the plate was there.</summary>
    public bool IsReviewed => Readings.Exists(r => r.IsReviewed);

    /// <summary>The reading that shows it best.</summary>
    public ChargeableSighting Best => Readings.MaxBy(r => (r.IsReviewed, r.Confidence))!;
}

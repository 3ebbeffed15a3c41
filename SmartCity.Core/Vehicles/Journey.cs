using SmartCity.Contracts.Api;

namespace SmartCity.Core.Vehicles;

/// <summary>Passages of one vehicle in order, with what lies between them.</summary>
internal static class Journey
{
    private const double EarthKilometres = 6371.0088;

    public static IReadOnlyList<JourneyStop> Of(IEnumerable<PassageView> passages, IReadOnlyDictionary<string, (string Name, double Latitude, double Longitude)> stations)
    {
        var stops = new List<JourneyStop>();
        PassageView? before = null;
        foreach (var passage in passages.OrderBy(p => p.FirstAt))
        {
            var known = stations.TryGetValue(passage.StationId, out var station);
            var leg = before is not null && known && stations.TryGetValue(before.StationId, out var left) ? Leg(before, passage, Kilometres(left, station)) : null;
            stops.Add(new JourneyStop(passage, known ? station.Name : passage.StationId, known ? station.Latitude : null, known ? station.Longitude : null, leg));
            before = passage;
        }

        return stops;
    }

    // From the last sighting at one station to the first at the next.
    private static JourneyLeg Leg(PassageView from, PassageView to, double kilometres)
    {
        var duration = to.FirstAt - from.LastAt;
        return new JourneyLeg(duration, Math.Round(kilometres, 2), duration > TimeSpan.Zero ? Math.Round(kilometres / duration.TotalHours, 1) : null);
    }

    /// <summary>Great-circle distance.</summary>
    internal static double Kilometres((string, double Latitude, double Longitude) a, (string, double Latitude, double Longitude) b)
    {
        var (latitude, longitude) = (double.DegreesToRadians(b.Latitude - a.Latitude), double.DegreesToRadians(b.Longitude - a.Longitude));
        var h = Math.Pow(Math.Sin(latitude / 2), 2) + Math.Cos(double.DegreesToRadians(a.Latitude)) * Math.Cos(double.DegreesToRadians(b.Latitude)) * Math.Pow(Math.Sin(longitude / 2), 2);
        return 2 * EarthKilometres * Math.Asin(Math.Sqrt(h));
    }
}

namespace SmartCity.Core.Reports;

/// <summary>The travel times of one pair of stations over several days. Pure.</summary>
internal sealed class TravelTimes
{
    private readonly SortedDictionary<int, long> _vehicles = [];

    public TravelTimes(IEnumerable<TravelDay> days)
    {
        foreach (var (seconds, vehicles) in days.SelectMany(d => d.Seconds.Zip(d.Vehicles)))
        {
            _vehicles[seconds] = _vehicles.GetValueOrDefault(seconds) + vehicles;
        }

        Vehicles = _vehicles.Values.Sum();
    }

    public long Vehicles { get; }

    /// <summary>The time that this share of the vehicles did not exceed.</summary>
    public TimeSpan Percentile(double share)
    {
        var (rank, upTo) = ((long)Math.Ceiling(share * Vehicles), 0L);
        return TimeSpan.FromSeconds(_vehicles.First(v => (upTo += v.Value) >= rank).Key);
    }
}

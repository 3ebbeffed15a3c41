namespace SmartCity.Core.Reports;

/// <summary>The travel times of one pair of stations over several days, in bins of 5 %. Pure.</summary>
internal sealed class TravelTimes
{
    private const double Step = 1.05;

    private readonly SortedDictionary<int, long> _vehicles = [];

    public long Vehicles { get; private set; }

    public void Add(TravelDay day)
    {
        foreach (var (bin, vehicles) in day.Bins.Zip(day.Vehicles))
        {
            _vehicles[bin] = _vehicles.GetValueOrDefault(bin) + vehicles;
            Vehicles += vehicles;
        }
    }

    /// <summary>The time that this share of the vehicles did not exceed, to 2.5 %.</summary>
    public TimeSpan Percentile(double share)
    {
        var (rank, upTo) = ((long)Math.Ceiling(share * Vehicles), 0L);
        return TimeSpan.FromSeconds(Math.Round(Math.Pow(Step, _vehicles.First(v => (upTo += v.Value) >= rank).Key)));
    }
}

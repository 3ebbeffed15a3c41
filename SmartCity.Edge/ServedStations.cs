using Microsoft.Extensions.Options;
using SmartCity.Contracts.Cities;

namespace SmartCity.Edge;

/// <summary>The stations of the city that this process serves.</summary>
public sealed class ServedStations
{
    /// <exception cref="InvalidDataException">The city file is not valid, or has no station of a configured id.</exception>
    public ServedStations(IOptions<EdgeOptions> options)
    {
        City = City.Load(options.Value.CityFile);
        var wanted = options.Value.Stations;
        var unknown = wanted.Except(City.Stations.Select(s => s.Id)).ToArray();
        if (unknown.Length > 0)
        {
            throw new InvalidDataException($"Edge:Stations names {string.Join(", ", unknown)}, which city {City.Id} does not have; it has {string.Join(", ", City.Stations.Select(s => s.Id))}.");
        }

        All = wanted.Count == 0 ? City.Stations : [.. City.Stations.Where(s => wanted.Contains(s.Id))];
    }

    public City City { get; }

    public IReadOnlyList<Station> All { get; }
}

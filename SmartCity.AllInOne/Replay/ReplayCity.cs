using System.Text.Json;
using SmartCity.Contracts;
using SmartCity.Contracts.Cities;

namespace SmartCity.AllInOne.Replay;

/// <summary>A city in which one station has the replayed files for cameras.</summary>
internal static class ReplayCity
{
    /// <exception cref="InvalidOperationException">The city has no such station.</exception>
    public static (City City, Station Station) With(City city, string? stationId, IReadOnlyList<ReplayInput> inputs)
    {
        var original = stationId is null
            ? city.Stations.MaxBy(s => s.Zones.Count(z => z.To is null))!
            : city.Stations.FirstOrDefault(s => s.Id == stationId)
                ?? throw new InvalidOperationException($"--station: the city has no {stationId}; its stations are {string.Join(", ", city.Stations.Select(s => s.Id))}.");
        var station = original with
        {
            Cameras = [.. inputs.Select((input, i) => new Camera { Id = inputs.Count == 1 ? "replay" : $"replay-{i + 1}", Source = input.Source })],
        };
        return (city with { Stations = [.. city.Stations.Select(s => s.Id == station.Id ? station : s)] }, station);
    }

    public static Task WriteAsync(City city, string file, CancellationToken cancellationToken) =>
        File.WriteAllBytesAsync(file, JsonSerializer.SerializeToUtf8Bytes(city, ContractsJson.Default.City), cancellationToken);
}

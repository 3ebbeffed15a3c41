using System.Collections.Frozen;
using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Doubts;

/// <summary>Where a station stands, WGS84 degrees.</summary>
public readonly record struct StationPlace(string Name, double Latitude, double Longitude);

/// <summary>Where all stations stand, as the database had it within the last minute.</summary>
public sealed class StationPlaces(TimeProvider time)
{
    private static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private volatile Known? _known;

    public async ValueTask<IReadOnlyDictionary<string, StationPlace>> GetAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (_known is { } known && now - known.At < Fresh)
        {
            return known.Places;
        }

        await using var command = new NpgsqlCommand("select id, name, latitude, longitude from stations", connection, transaction);
        var rows = await command.ReadAllAsync(r => (Id: r.GetString(0), Place: new StationPlace(r.GetString(1), r.GetDouble(2), r.GetDouble(3))), cancellationToken);
        var places = rows.ToFrozenDictionary(r => r.Id, r => r.Place, StringComparer.Ordinal);
        _known = new Known(places, now);
        return places;
    }

    private sealed record Known(FrozenDictionary<string, StationPlace> Places, DateTimeOffset At);
}

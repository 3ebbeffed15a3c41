using Npgsql;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;

namespace SmartCity.AllInOne.Replay;

/// <summary>Makes the cameras of a replay known as their station's, which their sightings must be. They are retired: nothing runs them when the folder is used by run.</summary>
internal sealed class ReplayCameras(NpgsqlDataSource dataSource, Station station) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("insert into cameras (id, station_id, state) select unnest($1::text[]), $2, 'retired' on conflict (id) do update set station_id = excluded.station_id");
        command.Parameters.Add(new() { Value = station.Cameras.Select(c => c.Id).ToArray() });
        command.Parameters.Add(new() { Value = station.Id });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

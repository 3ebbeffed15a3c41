using Npgsql;

namespace Samples;

/// <summary>One statement over what is in Postgres and what is only in the lake any more, by way of SmartCity.Lake: docs/lake.md says how it is started.</summary>
public static class OneSql
{
    public const string Statement =
        """
        select s.station_id, count(*) as sightings, count(distinct s.plate) as plates
        from city.sightings s
        group by s.station_id
        order by sightings desc, s.station_id
        """;

    /// <param name="connection">A connection string of Postgres: of SmartCity.Lake, or of Postgres itself for what it still has.</param>
    public static async Task RunAsync(string connection, TextWriter output, CancellationToken stop)
    {
        await using var source = NpgsqlDataSource.Create(connection);
        await using var command = source.CreateCommand(Statement);
        await using var reader = await command.ExecuteReaderAsync(stop);
        while (await reader.ReadAsync(stop))
        {
            await output.WriteLineAsync($"{reader.GetString(0)}\t{reader.GetInt64(1)}\t{reader.GetInt64(2)}");
        }
    }
}

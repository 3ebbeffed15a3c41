using System.Text.Json;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;

namespace SmartCity.Core.Stations;

/// <summary>The zones that ship with this version, where the database has none of that id yet.</summary>
internal sealed class ZoneSeed(NpgsqlDataSource dataSource) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        await using var stream = typeof(ZoneSeed).Assembly.GetManifestResourceStream("zones.json")!;
        foreach (var zone in (await JsonSerializer.DeserializeAsync<ZoneView[]>(stream, JsonSerializerOptions.Web, cancellationToken))!)
        {
            await using var command = dataSource.CreateCommand("insert into zones (id, name, outline) values ($1, $2, $3) on conflict (id) do nothing");
            command.Parameters.Add(new() { Value = zone.Id });
            command.Parameters.Add(new() { Value = zone.Name });
            command.Parameters.Add(new() { Value = JsonSerializer.Serialize(zone.Outline), NpgsqlDbType = NpgsqlDbType.Jsonb });
            await command.ExecuteNonQueryAsync(cancellationToken);
        }
    }
}

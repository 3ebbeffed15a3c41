using System.Text.Json.Nodes;
using Npgsql;
using SmartCity.Core.Api;
using SmartCity.Core.Lake.Iceberg;

namespace SmartCity.Core.Lake;

/// <summary>
/// Makes the table of sightings, with the objects that the archive wrote before there was a lake: they stay as they are, by day and station, and their columns
/// go by their names. Their <c>id</c> is of a kind that engines do not read as text, so it is empty until compaction has rewritten them.
/// </summary>
internal sealed class LakeAdoption(NpgsqlDataSource dataSource, LakeTable sightings, LakeFiles files)
{
    private const string NameMapping = "schema.name-mapping.default";

    /// <summary>Takes over what is there; to be called again, for a core of an earlier release may still run.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using (var connection = await dataSource.OpenConnectionAsync(cancellationToken))
        await using (var transaction = await connection.BeginTransactionAsync(cancellationToken))
        {
            var definition = sightings.Definition;
            await sightings.CreateAsync(connection, transaction, [definition.SpecBy("station_id"), definition.Spec(1)], new Dictionary<string, string> { [NameMapping] = Mapping() }, cancellationToken);
            if (await OldAsync(connection, transaction, cancellationToken) is { Count: > 0 } old)
            {
                await sightings.CommitAsync(connection, transaction, LakeChange.Append(old) with { SpecId = 0 }, cancellationToken);
            }

            await transaction.CommitAsync(cancellationToken);
        }

        await RemoveLeftOverAsync(cancellationToken);
    }

    private async Task<List<DataFile>> OldAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            "with old as (delete from archive_objects where state = 'written' returning *) select key, station_id, day, rows, bytes, first_at, last_at from old order by day, station_id, first_at", connection, transaction);
        var at = sightings.Definition["captured_at"].Id;
        return await command.ReadAllAsync(
            r => new DataFile
            {
                Location = files.Location(r.GetString(0)),
                Partition = [LakeDay.Number(r.GetFieldValue<DateOnly>(2)), r.GetString(1)],
                Rows = r.GetInt64(3),
                Bytes = r.GetInt64(4),
                Lower = new Dictionary<int, byte[]> { [at] = SingleValue.Of(Micros(r.Time(5))) },
                Upper = new Dictionary<int, byte[]> { [at] = SingleValue.Of(Micros(r.Time(6))) },
            },
            cancellationToken);
    }

    private string Mapping() => new JsonArray([.. sightings.Definition.Columns.Where(c => c.Name != "id").Select(c => c.NameMapping)]).ToJsonString();

    // What was on its way into an object, or was compacted from others, has its rows elsewhere.
    private async Task RemoveLeftOverAsync(CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var command = new NpgsqlCommand("select key from archive_objects where state <> 'written' order by key", connection);
        foreach (var key in await command.ReadAllAsync(r => r.GetString(0), cancellationToken))
        {
            await files.DeleteAsync(files.Location(key), cancellationToken);
            await ExecuteAsync(connection, "delete from archive_objects where key = $1", cancellationToken, key);
        }
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new() { Value = value });
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static long Micros(DateTimeOffset at) => (at - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

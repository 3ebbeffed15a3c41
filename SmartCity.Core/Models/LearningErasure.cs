using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>Takes a vehicle out of what is kept for training: items, pictures, and datasets that have them, which then say so.</summary>
public sealed class LearningErasure(NpgsqlDataSource dataSource, IObjectStore objects)
{
    internal const string Erased = "It was erased.";

    /// <returns>How many items there were.</returns>
    public async Task<int> RunAsync(string plate, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select sighting_id from learning_items where plate = $1 or read_plate = $1");
        command.Parameters.Add(new() { Value = plate });
        return await RemoveAsync(dataSource, objects, await command.ReadAllAsync(r => r.GetGuid(0), cancellationToken), Erased, null, cancellationToken);
    }

    /// <summary>The rows are gone when their pictures are: what breaks off is done anew.</summary>
    /// <param name="passedOverAt">Decisions after this bring the sighting back; null if none does.</param>
    internal static async Task<int> RemoveAsync(NpgsqlDataSource dataSource, IObjectStore objects, IReadOnlyCollection<Guid> sightings, string reason, DateTimeOffset? passedOverAt, CancellationToken cancellationToken)
    {
        if (sightings.Count == 0)
        {
            return 0;
        }

        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            with gone as (delete from learning_items where sighting_id = any($1) returning patch_sha256, frame_sha256, sighting_id),
                 passed as (insert into learning_passed_over (sighting_id, reason, at) select sighting_id, $2, coalesce($3, 'infinity') from gone on conflict (sighting_id) do update set reason = excluded.reason, at = excluded.at)
            select picture from gone, unnest(array[patch_sha256, frame_sha256]) picture where picture is not null
            """,
            connection);
        command.Parameters.Add(new() { Value = sightings.ToArray() });
        command.Parameters.Add(new() { Value = reason });
        command.Parameters.Add(new() { Value = (object?)passedOverAt ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.TimestampTz });
        await LearningPatches.ForgetUnnamedAsync(objects, connection, await command.ReadAllAsync(r => r.GetString(0), cancellationToken), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return sightings.Count;
    }
}

using Npgsql;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Lake;

/// <summary>The city's tables in the lake.</summary>
public sealed class CityLake
{
    private readonly NpgsqlDataSource _dataSource;
    private readonly LakeAdoption _adoption;
    private bool _isPrepared;

    public CityLake(NpgsqlDataSource dataSource, IObjectStore objects, TimeProvider time)
    {
        (_dataSource, Time) = (dataSource, time);
        Files = new LakeFiles(objects);
        var cache = new LakeCache(Files);
        Tables = [.. LakeTables.All.Select(definition => new LakeTable(definition, Files, cache, time))];
        _adoption = new LakeAdoption(dataSource, Sightings, Files);
    }

    internal TimeProvider Time { get; }

    internal LakeFiles Files { get; }

    internal IReadOnlyList<LakeTable> Tables { get; }

    internal LakeTable Sightings => Table(LakeTables.Sightings);

    internal LakeTable Table(LakeTableDefinition definition) => Tables.First(t => t.Definition == definition);

    /// <summary>Sees to it that the tables are in the catalogue, and that what was archived before there was a lake is in it.</summary>
    internal async Task PrepareAsync(CancellationToken cancellationToken)
    {
        await _adoption.RunAsync(cancellationToken);
        if (_isPrepared)
        {
            return;
        }

        foreach (var table in Tables.Where(t => t != Sightings))
        {
            await using var connection = await _dataSource.OpenConnectionAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            if (await table.CreateAsync(connection, transaction, [table.Definition.Spec()], new Dictionary<string, string>(), cancellationToken))
            {
                await transaction.CommitAsync(cancellationToken);
            }
        }

        _isPrepared = true;
    }
}

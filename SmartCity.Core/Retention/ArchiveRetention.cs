using Npgsql;
using SmartCity.Core.Api;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Retention;

/// <summary>Removes Parquet objects whose newest sighting is too old: first the object, then its line of the catalogue.</summary>
internal sealed class ArchiveRetention(NpgsqlDataSource dataSource, IObjectStore objects)
{
    public async Task<Removal> RunAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select key, bytes from archive_objects where state = 'written' and last_at < $1 order by key");
        command.CommandTimeout = RetentionRules.CommandSeconds;
        command.Parameters.Add(new() { Value = before });
        var total = default(Removal);
        foreach (var (key, bytes) in await command.ReadAllAsync(r => (r.GetString(0), r.GetInt64(1)), cancellationToken))
        {
            await objects.DeleteAsync(key, cancellationToken);
            await using var forget = dataSource.CreateCommand("delete from archive_objects where key = $1");
            forget.Parameters.Add(new() { Value = key });
            await forget.ExecuteNonQueryAsync(cancellationToken);
            total += new Removal(1, 0, bytes);
        }

        return total;
    }
}

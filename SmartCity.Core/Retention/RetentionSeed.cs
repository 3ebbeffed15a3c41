using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Database;

namespace SmartCity.Core.Retention;

/// <summary>A disk was sized for so many days: they hold until somebody says otherwise.</summary>
internal sealed class RetentionSeed(NpgsqlDataSource dataSource, IOptions<RetentionOptions> options) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        if (options.Value.SightingsDays is not { } days)
        {
            return;
        }

        await using var command = dataSource.CreateCommand(
            """
            update retention set days = case kind when 'sightings' then $1 else least(days, $1) end
            where kind in ('sightings', 'evidence') and not exists (select from retention r where r.kind in ('sightings', 'evidence') and r.changed_by is not null)
            """);
        command.Parameters.Add(new() { Value = days });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

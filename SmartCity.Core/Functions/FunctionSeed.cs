using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;

namespace SmartCity.Core.Functions;

/// <summary>Which events the functions of the city file are told of. One that it no longer names is told of nothing more, and keeps what waits for it.</summary>
internal sealed class FunctionSeed(NpgsqlDataSource dataSource, IOptions<CoreOptions> options) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        var functions = City.Load(options.Value.CityFile).Functions;
        await using var batch = dataSource.CreateBatch();
        foreach (var function in functions)
        {
            batch.BatchCommands.Add(new("insert into functions (name, events) values ($1, $2) on conflict (name) do update set events = excluded.events")
            {
                Parameters = { new() { Value = function.Name }, new() { Value = function.On.Distinct().ToArray() } },
            });
        }

        batch.BatchCommands.Add(new("update functions set events = '{}' where not name = any($1)") { Parameters = { new() { Value = functions.Select(f => f.Name).ToArray() } } });
        await batch.ExecuteNonQueryAsync(cancellationToken);
    }
}

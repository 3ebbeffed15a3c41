using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Demo;
using SmartCity.Core.Database;

namespace SmartCity.Core.Vehicles;

/// <summary>Fills an empty registry with the demo's vehicles when <c>Core:DemoRegistry</c> asks for it.</summary>
internal sealed class DemoRegistrySeed(NpgsqlDataSource dataSource, VehicleRegistry registry, IOptions<CoreOptions> options, ILogger<DemoRegistrySeed> logger) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        if (!options.Value.DemoRegistry || !await IsEmptyAsync(cancellationToken))
        {
            return;
        }

        if (!options.Value.IsDemo())
        {
            logger.LogWarning("Core:DemoRegistry is set, but the city has cameras that are not simulated. The registry stays empty: invented vehicles would pay for real plates. Import the registry, as docs/charges.md describes.");
            return;
        }

        await registry.ApplyAsync([.. Enumerable.Range(0, DemoRegistry.Count).Select(DemoRegistry.Vehicle).Select(VehicleChange.Whole)], cancellationToken);
        await using var analyze = dataSource.CreateCommand("analyze vehicles");
        await analyze.ExecuteNonQueryAsync(cancellationToken);
        logger.LogInformation("The registry was empty and now holds {Count} invented vehicles.", DemoRegistry.Count);
    }

    private async Task<bool> IsEmptyAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand("select not exists (select from vehicles)");
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }
}

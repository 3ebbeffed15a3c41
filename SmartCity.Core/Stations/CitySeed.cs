using Npgsql;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;

namespace SmartCity.Core.Stations;

/// <summary>The time zone and the currency of the city file, for SQL. Once something has been charged they stay: a day or an amount would mean something else.</summary>
internal sealed class CitySeed(NpgsqlDataSource dataSource, ChargingCity city) : IDatabaseSeed
{
    public async Task SeedAsync(CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            """
            with changed as (
                update city set time_zone = $1, currency = $2
                where (time_zone, currency) <> ($1, $2) and not exists (select from charge_entries) returning true)
            select time_zone, currency from city where (time_zone, currency) <> ($1, $2) and not exists (select from changed)
            """);
        command.Parameters.Add(new() { Value = city.TimeZone });
        command.Parameters.Add(new() { Value = city.Currency });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (await reader.ReadAsync(cancellationToken))
        {
            throw new InvalidOperationException(
                $"The city file says {city.TimeZone} and {city.Currency}, but this database holds charges by days of {reader.GetString(0)} in {reader.GetString(1)}. Correct timeZone and currency in the city file, or give the city a database of its own.");
        }
    }
}

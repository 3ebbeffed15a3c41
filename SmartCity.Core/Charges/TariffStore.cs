using System.Text.Json;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;

namespace SmartCity.Core.Charges;

/// <summary>Rows of <c>tariffs</c>. There are few: they are read with each batch, so that every core goes by the same ones.</summary>
internal static class TariffStore
{
    public static async Task<TariffBook> BookAsync(NpgsqlDataSource dataSource, ChargingCity city, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        return await BookAsync(connection, city, cancellationToken);
    }

    public static async Task<TariffBook> BookAsync(NpgsqlConnection connection, ChargingCity city, CancellationToken cancellationToken) =>
        new((await ReadAsync(connection, cancellationToken)).Select(t => new DatedTariff(t.From!.Value, TariffRules.ToTariff(t.Version, t.From.Value, t.Rates, city.Currency))), city);

    /// <summary>Those that were added, newest first.</summary>
    public static async Task<List<TariffView>> ReadAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select version, from_day, rates, added_by, added_at from tariffs order by from_day desc", connection);
        return await command.ReadAllAsync(
            r => new TariffView(r.GetString(0), r.GetFieldValue<DateOnly>(1), null, JsonSerializer.Deserialize<TariffRates>(r.GetString(2), JsonSerializerOptions.Web)!, r.GetString(3), r.Time(4)),
            cancellationToken);
    }
}

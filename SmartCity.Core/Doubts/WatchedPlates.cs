using System.Globalization;
using Npgsql;
using SmartCity.Core.Api;

namespace SmartCity.Core.Doubts;

/// <summary>Vehicles whose charges a person looks at for some days, because a dispute of one was upheld.</summary>
internal static class WatchedPlates
{
    public const string Kind = "watched";

    /// <summary>Watches a plate inside the transaction of the decision.</summary>
    public static async Task AddAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string plate, DateOnly from, DateOnly last, Guid dispute, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("insert into watched_plates (plate, from_day, last_day, dispute_id) values ($1, $2, $3, $4)", connection, transaction)
        {
            Parameters = { new() { Value = plate }, new() { Value = from }, new() { Value = last }, new() { Value = dispute } },
        };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    public static async Task<ILookup<string, WatchedPlate>> OfAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string[] plates, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select plate, from_day, last_day from watched_plates where plate = any($1) order by last_day desc", connection, transaction) { Parameters = { new() { Value = plates } } };
        return (await command.ReadAllAsync(r => new WatchedPlate(r.GetString(0), r.GetFieldValue<DateOnly>(1), r.GetFieldValue<DateOnly>(2)), cancellationToken)).ToLookup(w => w.Plate, StringComparer.Ordinal);
    }
}

/// <param name="From">First day.</param>
/// <param name="Last">Last day, included.</param>
internal sealed record WatchedPlate(string Plate, DateOnly From, DateOnly Last)
{
    /// <summary>Earlier days too: what is charged for them only now, because a sighting came late, is looked at like what comes after the decision.</summary>
    public bool Covers(DateOnly day) => day <= Last;

    public string Why(string charge) => string.Create(
        CultureInfo.InvariantCulture, $"A dispute about {Plate} was upheld on {From:d MMMM yyyy}, so a person looks at its charges until {Last:d MMMM yyyy}. It would be charged: {charge}");
}

using System.Globalization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Charges;

namespace SmartCity.Core.Stations;

/// <summary>Stations as an administrator adds, moves and retires them, and the zones that they belong to.</summary>
internal static class StationSetupEndpoints
{
    private const int LongestName = 100;

    public static IEndpointRouteBuilder MapStationSetup(this IEndpointRouteBuilder app)
    {
        var stations = app.MapGroup("/api/setup/stations").WithTags("Setup").RequireAuthorization(Scope.CityWrite);
        stations.MapGet("", async (StationSetups setups, CancellationToken cancellationToken) => TypedResults.Ok(await setups.ListAsync(cancellationToken)))
            .WithSummary("Every station with its zones and cameras, including retired ones");
        stations.MapPost("", AddAsync).WithSummary("Adds a station; it needs an edge of its own").Audited("stations.add", recordBody: true).AuditAbout((NewStation s) => ($"{s.Id} {s.Name}", null));
        stations.MapPut("{id}", ChangeAsync).WithSummary("Renames, moves or retires a station, or brings it back").Audited("stations.change", recordBody: true);
        stations.MapPut("{id}/zones", ZonesAsync).WithSummary("Sets from which day to which day a station belongs to which zone").Audited("stations.zones", recordBody: true);
        return app;
    }

    private static async Task<Results<Ok<StationSetup>, ProblemHttpResult>> AddAsync(NewStation body, StationSetups setups, AuditedChange change, CancellationToken cancellationToken)
    {
        if (body.Id is null || !City.IsId(body.Id))
        {
            return Paging.Problem("id must have 1 to 64 characters of a-z, 0-9 and '-', such as london-a2.");
        }

        if (body.Name is null || body.Latitude is null || body.Longitude is null)
        {
            return Paging.Problem("name, latitude and longitude are needed.");
        }

        if ((Check(body.Name, body.Latitude, body.Longitude) ?? ZoneRules.Check(body.Zones ?? [])) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var connection = await change.BeginAsync(cancellationToken);
        await using var command = new NpgsqlCommand("insert into stations (id, name, latitude, longitude) values ($1, $2, $3, $4) on conflict (id) do nothing", connection)
        {
            Parameters = { new() { Value = body.Id }, new() { Value = body.Name.Trim() }, new() { Value = body.Latitude }, new() { Value = body.Longitude } },
        };
        if (await command.ExecuteNonQueryAsync(cancellationToken) == 0)
        {
            return TypedResults.Problem($"id: there is already a station {body.Id}.", statusCode: StatusCodes.Status409Conflict);
        }

        await StationZoneStore.ReplaceAsync(connection, body.Id, body.Zones ?? [], cancellationToken);
        return TypedResults.Ok((await setups.FindAsync(connection, body.Id, cancellationToken))!);
    }

    private static async Task<Results<Ok<StationSetup>, NotFound, ProblemHttpResult>> ChangeAsync(
        string id, StationChange body, StationSetups setups, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (Check(body.Name, body.Latitude, body.Longitude) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var connection = await change.BeginAsync(cancellationToken);
        await using var command = new NpgsqlCommand(
            """
            update stations set
                name = coalesce($2, name), latitude = coalesce($3, latitude), longitude = coalesce($4, longitude),
                retired_at = case when $5 is null then retired_at when $5 then coalesce(retired_at, $6) end
            where id = $1
            """,
            connection);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(new() { Value = (object?)body.Name?.Trim() ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Text });
        command.Parameters.Add(new() { Value = (object?)body.Latitude ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Double });
        command.Parameters.Add(new() { Value = (object?)body.Longitude ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Double });
        command.Parameters.Add(new() { Value = (object?)body.Retired ?? DBNull.Value, NpgsqlDbType = NpgsqlTypes.NpgsqlDbType.Boolean });
        command.Parameters.Add(new() { Value = time.GetUtcNow() });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1 ? TypedResults.Ok((await setups.FindAsync(connection, id, cancellationToken))!) : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<StationSetup>, NotFound, ProblemHttpResult>> ZonesAsync(
        string id, StationZones body, StationSetups setups, AuditedChange change, ChargingCity city, TimeProvider time, CancellationToken cancellationToken)
    {
        if (body.Zones is null)
        {
            return Paging.Problem("zones is missing. Give all zones of the station, past ones too.");
        }

        if (ZoneRules.Check(body.Zones) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if (await setups.FindAsync(id, cancellationToken) is not { } station)
        {
            return TypedResults.NotFound();
        }

        var connection = await change.BeginAsync(cancellationToken);
        if (ZoneRules.FirstDifference(station.Zones, body.Zones) is { } first && await LastDayAsync(connection, id, city, cancellationToken) is { } last && first <= last)
        {
            var today = city.Today(time);
            return TypedResults.Problem(
                string.Create(CultureInfo.InvariantCulture, $"zones: this would change {(first == DateOnly.MinValue ? "every day" : $"days from {first:d MMMM yyyy} on")}, and {station.Name} has charged vehicles up to {last:d MMMM yyyy}. A day that was charged is never changed afterwards: let memberships begin and end on {today.AddDays(1):d MMMM yyyy} or later, and take wrong charges back one by one."),
                statusCode: StatusCodes.Status409Conflict);
        }

        await StationZoneStore.ReplaceAsync(connection, id, body.Zones, cancellationToken);
        return TypedResults.Ok((await setups.FindAsync(connection, id, cancellationToken))!);
    }

    // The last charging day of which the station has a sighting; today's is not over.
    private static async Task<DateOnly?> LastDayAsync(NpgsqlConnection connection, string station, ChargingCity city, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand("select newest from station_totals where station_id = $1", connection) { Parameters = { new() { Value = station } } };
        return await command.ExecuteScalarAsync(cancellationToken) is DateTime newest ? city.DayOf(new DateTimeOffset(newest, TimeSpan.Zero)) : null;
    }

    private static string? Check(string? name, double? latitude, double? longitude) =>
        name is not null && (string.IsNullOrWhiteSpace(name) || name.Length > LongestName) ? $"name must have 1 to {LongestName} characters."
        : latitude is < -90 or > 90 or double.NaN ? "latitude must be from -90 to 90 degrees."
        : longitude is < -180 or > 180 or double.NaN ? "longitude must be from -180 to 180 degrees."
        : null;
}

using System.Globalization;
using System.Security.Claims;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using NpgsqlTypes;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Charges;

/// <summary>What the schemes cost, from day to day, and what they will cost.</summary>
internal static class TariffEndpoints
{
    public static IEndpointRouteBuilder MapTariffs(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/tariffs", ListAsync).WithTags("Tariffs").WithSummary("What the schemes cost, newest first: one item for each stretch of days with the same rates").RequireAuthorization(Scope.ChargesRead);
        var tariffs = app.MapGroup("/api/tariffs").WithTags("Tariffs").RequireAuthorization(Scope.CityWrite);
        tariffs.MapPost("", AddAsync).WithSummary("Adds a tariff that starts on a future day").Audited("tariffs.add", recordBody: true).AuditAbout((NewTariff t) => (t.Version, null));
        tariffs.MapDelete("{version}", RemoveAsync).WithSummary("Removes a tariff that has not started").Audited("tariffs.remove");
        return app;
    }

    private static async Task<Ok<IReadOnlyList<TariffView>>> ListAsync(NpgsqlDataSource dataSource, ChargingCity city, CancellationToken cancellationToken)
    {
        await using var connection = await dataSource.OpenConnectionAsync(cancellationToken);
        var added = (await TariffStore.ReadAsync(connection, cancellationToken)).ToDictionary(t => t.Version);
        var stretches = new List<TariffView>();
        DateOnly? next = null;
        foreach (var (from, tariff) in (await TariffStore.BookAsync(connection, city, cancellationToken)).Tariffs)
        {
            foreach (var day in TariffRules.Changes(tariff).Append(from).Where(d => d >= from && (next is null || d < next)).Distinct().OrderDescending())
            {
                stretches.Add(new TariffView(
                    tariff.Version, day == DateOnly.MinValue ? null : day, next, TariffRules.On(tariff, day), added.GetValueOrDefault(tariff.Version)?.AddedBy, added.GetValueOrDefault(tariff.Version)?.AddedAt));
                next = day;
            }
        }

        return TypedResults.Ok<IReadOnlyList<TariffView>>(stretches);
    }

    private static async Task<Results<Ok<TariffView>, ProblemHttpResult>> AddAsync(NewTariff body, ClaimsPrincipal user, AuditedChange change, ChargingCity city, TimeProvider time, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        if (TariffRules.Check(body, city.DayOf(now)) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        if (body.Version == Tariff.London.Version)
        {
            return TypedResults.Problem($"version: {body.Version} is the name of a tariff that ships with the product. Choose another name.", statusCode: StatusCodes.Status409Conflict);
        }

        var added = new TariffView(body.Version!, body.From, null, body.Rates!, user.Identity!.Name, now);
        await using var command = await change.CommandAsync("insert into tariffs (version, from_day, rates, added_by, added_at) values ($1, $2, $3, $4, $5) on conflict do nothing", cancellationToken);
        command.Parameters.Add(new() { Value = added.Version });
        command.Parameters.Add(new() { Value = body.From!.Value });
        command.Parameters.Add(new() { Value = JsonSerializer.Serialize(added.Rates, JsonSerializerOptions.Web), NpgsqlDbType = NpgsqlDbType.Jsonb });
        command.Parameters.Add(new() { Value = added.AddedBy! });
        command.Parameters.Add(new() { Value = now });
        return await command.ExecuteNonQueryAsync(cancellationToken) == 1
            ? TypedResults.Ok(added)
            : TypedResults.Problem(
                string.Create(CultureInfo.InvariantCulture, $"Version {added.Version} exists already, or another tariff begins on {body.From:d MMMM yyyy}. Withdraw that one first."), statusCode: StatusCodes.Status409Conflict);
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> RemoveAsync(string version, AuditedChange change, ChargingCity city, TimeProvider time, CancellationToken cancellationToken)
    {
        await using var read = await change.CommandAsync("select from_day from tariffs where version = $1 for update", cancellationToken);
        read.Parameters.Add(new() { Value = version });
        if (await read.ReadAllAsync(r => r.GetFieldValue<DateOnly>(0), cancellationToken) is not [var from])
        {
            return TypedResults.NotFound();
        }

        if (from <= city.Today(time))
        {
            return TypedResults.Problem($"{version} has started and charges rest on it, so it cannot be removed. Add another tariff from a later day.", statusCode: StatusCodes.Status409Conflict);
        }

        await using var command = await change.CommandAsync("delete from tariffs where version = $1", cancellationToken);
        command.Parameters.Add(new() { Value = version });
        await command.ExecuteNonQueryAsync(cancellationToken);
        return TypedResults.NoContent();
    }
}

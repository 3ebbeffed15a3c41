using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Charges;

internal static class ChargeSlice
{
    public static IServiceCollection AddCharges(this IServiceCollection services) => services.AddSingleton<ChargeLedger>().AddSingleton<ChargeCorrections>();

    public static IEndpointRouteBuilder MapCharges(this IEndpointRouteBuilder app)
    {
        var charges = app.MapGroup("/api/charges").WithTags("Charges").RequireAuthorization(Scope.ChargesRead);
        charges.MapGet("", ListAsync).WithSummary("Lines of the ledger, newest first").Audited("charges.search", "plate");
        charges.MapGet("totals", TotalsAsync).WithSummary("What stands for a charging day, by scheme; today's when no day is given");
        charges.MapGet("{id:guid}", GetAsync).WithSummary("One charge with its history: everything recorded for its plate, scheme and day, oldest first");
        charges.MapPost("rederive", RederiveAsync).WithSummary("Works out again what a vehicle owes for a day, with the registry as it is now; gives the lines added").RequireAuthorization(Scope.ReviewWrite);
        charges.MapPost("preview", PreviewAsync).WithSummary("Works out charges without recording any: a JSON object a line in, one a line out").AuditedByItself();
        return app;
    }

    private static async Task<Results<Ok<Page<ChargeView>>, ProblemHttpResult>> ListAsync(
        NpgsqlDataSource dataSource,
        CancellationToken cancellationToken,
        DateOnly? day = null,
        string? scheme = null,
        string? plate = null,
        Guid? sighting = null,
        Cursor? after = null,
        int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        await using var command = new SqlFilter()
            .And("day = @", day)
            .And("scheme = @", scheme)
            .And("plate = @", plate?.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant())
            .And("sighting_id = @", sighting)
            .After("recorded_at", "id", after)
            .Command(dataSource, $"select {ChargeEntries.Columns} from charge_entries where {{where}} order by recorded_at desc, id desc limit {{limit}}", limit + 1);
        var rows = await command.ReadAllAsync(ChargeEntries.Read, cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, c => new Cursor(c.RecordedAt, c.Id)));
    }

    private static async Task<Ok<List<ChargeTotal>>> TotalsAsync(NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken, DateOnly? day = null)
    {
        var of = day ?? ChargeRules.DayOf(time.GetUtcNow());
        await using var command = dataSource.CreateCommand(
            """
            select scheme, count(*) filter (where standing > 0), sum(standing)
            from (select scheme, plate, sum(amount) as standing from charge_entries where day = $1 group by scheme, plate) as vehicles
            group by scheme order by scheme
            """);
        command.Parameters.Add(new() { Value = of });
        return TypedResults.Ok(await command.ReadAllAsync(r => new ChargeTotal(of, r.GetString(0), r.GetInt32(1), r.GetDecimal(2)), cancellationToken));
    }

    private static async Task<Results<Ok<List<ChargeView>>, NotFound>> GetAsync(Guid id, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"select {ChargeEntries.Columns} from charge_entries where (plate, scheme, day) = (select plate, scheme, day from charge_entries where id = $1) order by recorded_at, id");
        command.Parameters.Add(new() { Value = id });
        var history = await command.ReadAllAsync(ChargeEntries.Read, cancellationToken);
        return history.Count == 0 ? TypedResults.NotFound() : TypedResults.Ok(history);
    }

    private static async Task<Results<Ok<IReadOnlyList<ChargeView>>, ProblemHttpResult>> RederiveAsync(RederiveRequest request, ChargeCorrections corrections, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(request.Plate) || string.IsNullOrWhiteSpace(request.Why))
        {
            return Paging.Problem("plate and why are needed: the vehicle, and why its day is worked out again.");
        }

        var day = new VehicleDay(request.Plate.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant(), request.Day);
        return TypedResults.Ok(await corrections.RederiveAsync(day, request.Why, cancellationToken));
    }

    private static async Task<ContentHttpResult> PreviewAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var answers = new StringBuilder();
        using var reader = new StreamReader(request.Body);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                answers.Append(ChargePreview.Answer(line).Answer.ToJsonString(ChargePreview.Json)).Append('\n');
            }
        }

        return TypedResults.Text(answers.ToString(), "application/x-ndjson");
    }
}

/// <param name="Why">Goes on each line that reverses a charge.</param>
public sealed record RederiveRequest(string? Plate, DateOnly Day, string? Why);

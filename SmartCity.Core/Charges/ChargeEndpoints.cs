using System.Security.Claims;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Privacy;
using SmartCity.Core.Review;

namespace SmartCity.Core.Charges;

internal static class ChargeSlice
{
    private const int MostExported = 100_000;
    private const int MostWaiting = 500;
    private const int LongestWhy = 500;

    // With the spaces and dashes that people put between.
    private const int LongestPlate = 20;

    // Lines of one sighting belong to a record that the caller sees already.
    private static string LinesSql(ChargeFilter filter, HttpContext http) =>
        $"select {ChargeEntries.Columns} from {Restricted.Charges(filter.Sighting is not null || Restricted.MaySee(http))} where {{where}} order by recorded_at desc, id desc limit {{limit}}";

    private static readonly string[] Schemes = [ChargeRules.Ulez, ChargeRules.Lez, ChargeRules.Congestion];

    public static IServiceCollection AddCharges(this IServiceCollection services) => services.AddSingleton<ChargeLedger>().AddSingleton<ChargeCorrections>().AddSingleton<Disputes>();

    public static IEndpointRouteBuilder MapCharges(this IEndpointRouteBuilder app)
    {
        var charges = app.MapGroup("/api/charges").WithTags("Charges").RequireAuthorization(Scope.ChargesRead);
        charges.MapGet("", ListAsync).WithSummary("Lines of the ledger, newest first; a reason is required, unless it is for the lines of one sighting").RequireReason("charges.search", "plate")
            .RequireReason("charges.list", when: http => string.IsNullOrEmpty(http.Request.Query["sighting"]), whole: "all charges").ForLimited();
        charges.MapGet("export", Export).WithSummary($"The same as CSV, at most {MostExported} lines; a reason is required").RequireReason("charges.export", whole: "all charges").ForLimited();
        charges.MapGet("summary", SummaryAsync).WithSummary("What is charged for a charging day, toll and pollution, less reversals; today if no day is given").ForLimited();
        charges.MapGet("totals", TotalsAsync).WithSummary("What is charged for a charging day by scheme, less reversals; today if no day is given").ForLimited();
        charges.MapGet("{id:guid}", GetAsync).WithSummary("One charge with its history: every line of the ledger for its plate, scheme and day, oldest first").Audited("charges.read").AuditAbout((List<ChargeView> lines) => (lines.FirstOrDefault()?.Plate, null)).ForLimited();
        charges.MapPost("rederive", RederiveAsync).WithSummary("Works out again what a vehicle owes for a day, with what the registry now says of that day, and returns the lines added; 202 with those that would be while it waits for a second person").RequireAuthorization(Scope.ReviewWrite)
            .Audited("charges.rederive", recordBody: true).AuditAbout((RederiveRequest r) => (FormattableString.Invariant($"{r.Plate} {r.Day:yyyy-MM-dd}"), r.Why));
        charges.MapGet("rederive", WaitingAsync).WithSummary($"Days whose charges would change when they are worked out again, and that wait for a second person: the newest {MostWaiting}; a reason is required")
            .RequireReason("charges.list", whole: "charges that wait for a second person");
        charges.MapPost("preview", PreviewAsync).WithSummary("Works out charges without recording them: reads one JSON object a line and returns one for each").AuditedByItself();
        charges.MapDisputes();
        return app.MapTariffs();
    }

    private static async Task<Results<Ok<Page<ChargeView>>, ProblemHttpResult>> ListAsync(
        [AsParameters] ChargeFilter filter, HttpContext http, NpgsqlDataSource dataSource, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        if (Check(filter) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        await using var command = Where(filter, http.User).After("recorded_at", "id", after).Command(dataSource, LinesSql(filter, http), limit + 1);
        var rows = await command.ReadAllAsync(Read(http.User), cancellationToken);
        return TypedResults.Ok(Paging.ToPage(rows, limit, c => new Cursor(c.RecordedAt, c.Id)));
    }

    private static Results<PushStreamHttpResult, ProblemHttpResult> Export([AsParameters] ChargeFilter filter, HttpContext http, NpgsqlDataSource dataSource, CancellationToken cancellationToken) =>
        Check(filter) is { } wrong
            ? Paging.Problem(wrong)
            : CsvExport.Stream(
                "charges.csv",
                ["id", "kind", "day", "plate", "scheme", "amount", "currency", "rule", "why", "tariff", "station", "sighting", "recordedAt", "reverses"],
                Where(filter, http.User).Command(dataSource, LinesSql(filter, http), MostExported + 1).StreamAsync(Read(http.User), cancellationToken),
                c => [c.Id, c.Kind, c.Day, c.Plate, c.Scheme, c.Amount, c.Currency, c.Rule, c.Why, c.TariffVersion, c.StationId, c.SightingId, c.RecordedAt, c.Reverses],
                cancellationToken,
                MostExported);

    private static string? Check(ChargeFilter filter) =>
        filter.Scheme is not null && !Schemes.Contains(filter.Scheme) ? $"scheme must be one of {string.Join(", ", Schemes)}."
        : filter.Kind is not (null or "charge" or "reversal") ? "kind must be charge or reversal."
        : filter.To < filter.From ? "to must not be before from."
        : null;

    private static Func<NpgsqlDataReader, ChargeView> Read(ClaimsPrincipal user) => r => ChargeLimit.For(user, ChargeEntries.Read(r));

    private static SqlFilter Where(ChargeFilter filter, ClaimsPrincipal user) => new SqlFilter()
        .And("station_id = any(@)", StationLimit.Of(user))
        .And("day = @", filter.Day)
        .And("day >= @", filter.From)
        .And("day <= @", filter.To)
        .And("scheme = @", filter.Scheme)
        .And("kind = @", filter.Kind)
        .And("plate = @", PlateText.OrNull(filter.Plate))
        .And("sighting_id = @", filter.Sighting);

    private static async Task<Ok<ChargeSummary>> SummaryAsync(ClaimsPrincipal user, NpgsqlDataSource dataSource, ChargingCity city, TimeProvider time, CancellationToken cancellationToken, DateOnly? day = null)
    {
        var of = day ?? city.Today(time);
        await using var command = dataSource.CreateCommand(
            """
            select coalesce(sum(amount) filter (where scheme = 'congestion'), 0), coalesce(sum(amount) filter (where scheme <> 'congestion'), 0),
                (select count(distinct plate)::int from charge_entries e where day = $1 and kind = 'charge' and ($2::text[] is null or station_id = any($2)) and not exists (select from charge_entries r where r.reverses = e.id)),
                coalesce(-sum(amount) filter (where kind = 'reversal'), 0),
                (select count(*)::int from charge_disputes d join charge_entries e on e.id = d.charge_id where d.state = 'open' and e.day = $1 and $2::text[] is null)
            from charge_entries where day = $1 and ($2::text[] is null or station_id = any($2))
            """);
        command.Parameters.Add(new() { Value = of });
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        var summary = await command.ReadAllAsync(r => new ChargeSummary(of, r.GetDecimal(0), r.GetDecimal(1), r.GetInt32(2), r.GetDecimal(3), r.GetInt32(4), city.Currency), cancellationToken);
        return TypedResults.Ok(summary[0]);
    }

    private static async Task<Ok<List<ChargeTotal>>> TotalsAsync(ClaimsPrincipal user, NpgsqlDataSource dataSource, ChargingCity city, TimeProvider time, CancellationToken cancellationToken, DateOnly? day = null)
    {
        var of = day ?? city.Today(time);
        await using var command = dataSource.CreateCommand(
            """
            select scheme, count(*) filter (where standing > 0), sum(standing)
            from (select scheme, plate, sum(amount) as standing from charge_entries where day = $1 and ($2::text[] is null or station_id = any($2)) group by scheme, plate) as vehicles
            group by scheme order by scheme
            """);
        command.Parameters.Add(new() { Value = of });
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        return TypedResults.Ok(await command.ReadAllAsync(r => new ChargeTotal(of, r.GetString(0), r.GetInt32(1), r.GetDecimal(2), city.Currency), cancellationToken));
    }

    private static async Task<Results<Ok<List<ChargeView>>, NotFound>> GetAsync(Guid id, ClaimsPrincipal user, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = dataSource.CreateCommand(
            $"""
            select {ChargeEntries.Columns} from charge_entries
            where (plate, scheme, day) = (select plate, scheme, day from charge_entries where id = $1 and ($2::text[] is null or station_id = any($2))) and ($2::text[] is null or station_id = any($2))
            order by recorded_at, id
            """);
        command.Parameters.Add(new() { Value = id });
        command.Parameters.Add(TextParameter.Of(StationLimit.Of(user)));
        var history = await command.ReadAllAsync(Read(user), cancellationToken);
        return history.Count == 0 ? TypedResults.NotFound() : TypedResults.Ok(history);
    }

    private static async Task<Results<Ok<IReadOnlyList<ChargeView>>, Accepted<IReadOnlyList<ChargeView>>, ProblemHttpResult>> RederiveAsync(
        RederiveRequest request, ClaimsPrincipal user, ChargeCorrections corrections, AuditedChange change, IOptions<ReviewOptions> people, CancellationToken cancellationToken)
    {
        if (people.Value.TwoPeople && SignedInPerson.Check(user) is { } program)
        {
            return program;
        }

        if (string.IsNullOrWhiteSpace(request.Plate) || string.IsNullOrWhiteSpace(request.Why))
        {
            return Paging.Problem("plate and why are needed: which vehicle, and why its charges are worked out again.");
        }

        if (request.Plate.Length > LongestPlate || request.Why.Length > LongestWhy)
        {
            return Paging.Problem($"plate can have {LongestPlate} characters, and why {LongestWhy}.");
        }

        if (request.Day is not { } given || !TimeArguments.IsInRange(given.Year))
        {
            return Paging.Problem("day is needed: a day such as 2026-11-23.");
        }

        var day = new VehicleDay(PlateText.Of(request.Plate), given);
        var (lines, waits) = await corrections.RederiveAsync(day, request.Why, user.Identity!.Name!, cancellationToken, change);
        return waits ? TypedResults.Accepted((string?)null, lines) : TypedResults.Ok(lines);
    }

    private static async Task<Ok<Page<ChargeProposal>>> WaitingAsync(HttpContext http, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken) =>
        TypedResults.Ok(new Page<ChargeProposal>(await RederiveProposals.ListAsync(dataSource, Restricted.MaySee(http), time.GetUtcNow(), MostWaiting, cancellationToken), null));

    private static async Task<ContentHttpResult> PreviewAsync(HttpRequest request, NpgsqlDataSource dataSource, ChargingCity city, CancellationToken cancellationToken)
    {
        var answers = new StringBuilder();
        var tariffs = await TariffStore.BookAsync(dataSource, city, cancellationToken);
        using var reader = new StreamReader(request.Body);
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                answers.Append(ChargePreview.Answer(line, tariffs).Answer.ToJsonString(ChargePreview.Json)).Append('\n');
            }
        }

        return TypedResults.Text(answers.ToString(), "application/x-ndjson");
    }
}

/// <param name="Why">Recorded with each line that reverses a charge.</param>
public sealed record RederiveRequest(string? Plate, DateOnly? Day, string? Why);

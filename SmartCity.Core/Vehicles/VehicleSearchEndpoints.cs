using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Doubts;
using SmartCity.Core.Privacy;
using SmartCity.Core.Review;

namespace SmartCity.Core.Vehicles;

internal static class VehicleSearchEndpoints
{
    private const int MostExported = 100_000;
    private const int MostStops = 2_000;
    private static readonly TimeSpan LongestJourney = TimeSpan.FromDays(31);
    private static readonly string[] StandingStates = ["open", "proposed", "skipped", "confirmed"];
    private static readonly string[] Columns =
        ["passage", "plate", "station", "firstAt", "lastAt", "sightings", "make", "model", "colour", "class", "fuel", "euro", "keeper"];

    public static IEndpointRouteBuilder MapVehicleSearch(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/vehicles").WithTags("Vehicles").RequireAuthorization(Scope.VehiclesSearch).ForLimited();
        group.MapPost("/search", SearchAsync).WithSummary("Passages of vehicles by plate or pattern, make, colour, class, station and time, newest first; a reason is required")
            .RequireReason("vehicles.search", recordBody: true).AuditAbout((VehicleSearch s) => LookedFor(s));
        group.MapGet("/search/export", ExportAsync).WithSummary($"The same as CSV, at most {MostExported} rows").RequireReason("vehicles.export", recordBody: true).AuditAbout((VehicleSearch s) => LookedFor(s));
        foreach (var (journey, parameter) in ((string, string?)[])[("/journey", "plate"), ("/{plate}/journey", null)])
        {
            group.MapGet(journey, JourneyAsync).WithSummary("Where a vehicle went, oldest first, with times and lowest possible average speeds between stations; the last day if from and to are not given")
                .RequireReason("vehicles.journey", parameter);
            group.MapGet(journey + "/export", ExportJourneyAsync).WithSummary("The same as CSV").RequireReason("vehicles.export", parameter);
        }

        return app;
    }

    private static (string? Subject, string? Reason) LookedFor(VehicleSearch search) =>
        (string.Join(' ', ((string?[])[search.Plate, search.Make, search.Colour, search.Class, .. search.Stations ?? []]).Where(s => !string.IsNullOrWhiteSpace(s))), null);

    private static async Task<Results<Ok<Page<PassageHit>>, ProblemHttpResult>> SearchAsync(
        VehicleSearch body, HttpContext http, PassageSearch passages, CancellationToken cancellationToken, Cursor? after = null, int limit = Paging.DefaultLimit)
    {
        var search = VehicleSearchRules.Clean(body);
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        if (VehicleSearchRules.Check(search) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var hits = await passages.FindAsync(search, after, limit + 1, cancellationToken, Restricted.MaySee(http), StationLimit.Of(http.User));
        return TypedResults.Ok(Paging.ToPage(hits.ConvertAll(h => For(http.User, h)), limit, h => new Cursor(h.Passage.FirstAt, h.Passage.Id)));
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> ExportAsync(
        [AsParameters] VehicleSearch query, HttpContext http, PassageSearch passages, CancellationToken cancellationToken)
    {
        var search = VehicleSearchRules.Clean(query);
        if (VehicleSearchRules.Check(search) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        var hits = await passages.StreamAsync(search, MostExported + 1, cancellationToken, Restricted.MaySee(http), StationLimit.Of(http.User));
        return CsvExport.Stream("passages.csv", Columns, hits, h => Row(For(http.User, h)), cancellationToken, MostExported);
    }

    private static async Task<Results<Ok<JourneyView>, ProblemHttpResult>> JourneyAsync(
        string plate, HttpContext http, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken, PeriodBegin? from = null, PeriodEnd? to = null)
    {
        var until = to?.At ?? time.GetUtcNow();
        var since = from?.At ?? until.AddDays(-1);
        return string.IsNullOrWhiteSpace(plate) ? Paging.Problem("plate is needed: the plate whose journey is asked for.")
            : since >= until || until - since > LongestJourney ? Paging.Problem($"from must be before to, by at most {LongestJourney.TotalDays} days.")
            : TypedResults.Ok(await FindJourneyAsync(plate, since, until, Restricted.MaySee(http), StationLimit.Of(http.User), dataSource, cancellationToken));
    }

    private static async Task<Results<PushStreamHttpResult, ProblemHttpResult>> ExportJourneyAsync(
        string plate, HttpContext http, NpgsqlDataSource dataSource, TimeProvider time, CancellationToken cancellationToken, PeriodBegin? from = null, PeriodEnd? to = null)
    {
        var found = await JourneyAsync(plate, http, dataSource, time, cancellationToken, from, to);
        return found.Result is Ok<JourneyView> { Value: { } journey }
            ? CsvExport.Stream(
                $"journey-{journey.Plate}.csv",
                ["plate", "station", "name", "firstAt", "lastAt", "secondsFromBefore", "kilometres", "kilometresAnHour"],
                journey.Stops.ToAsyncEnumerable(),
                s => [journey.Plate, s.Passage.StationId, s.StationName, s.Passage.FirstAt, s.Passage.LastAt, s.Leg?.Duration.TotalSeconds, s.Leg?.Kilometres, s.Leg?.KilometresAnHour],
                cancellationToken)
            : (ProblemHttpResult)found.Result;
    }

    private static async Task<JourneyView> FindJourneyAsync(string plate, DateTimeOffset from, DateTimeOffset to, bool alsoRestricted, string[]? only, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        var normalised = PlateText.Of(plate);
        await using var command = new SqlFilter().And("plate = @", normalised).And("station_id = any(@)", only).And("first_at >= @", from).And("first_at < @", to).Command(
            dataSource,
            $"select id, plate, station_id, first_at, last_at, sightings, best_sighting_id, evidence from {Restricted.Passages(alsoRestricted)} where {{where}} order by first_at, id limit {{limit}}",
            MostStops + 1);
        var passages = await command.ReadAllAsync(
            r => new PassageView
            {
                Id = r.GetGuid(0),
                Plate = r.GetString(1),
                StationId = r.GetString(2),
                FirstAt = r.Time(3),
                LastAt = r.Time(4),
                Sightings = r.GetInt32(5),
                BestSightingId = r.GetGuid(6),
                Evidence = r.Text(7),
            },
            cancellationToken);
        await using var all = dataSource.CreateCommand("select id, name, latitude, longitude from stations");
        var stations = (await all.ReadAllAsync(r => (Id: r.GetString(0), Station: (r.GetString(1), r.GetDouble(2), r.GetDouble(3))), cancellationToken)).ToDictionary(s => s.Id, s => s.Station);
        return new JourneyView(normalised, Journey.Of(passages.Take(MostStops), stations), passages.Count > MostStops)
        {
            TwoPlaces = await TwoPlacesAsync(normalised, from, to, alsoRestricted, only, dataSource, cancellationToken),
            OwnStations = only is not null,
        };
    }

    // What was corrected or settled speaks against nobody any more.
    private static async Task<List<ReviewView>> TwoPlacesAsync(string plate, DateTimeOffset from, DateTimeOffset to, bool alsoRestricted, string[]? only, NpgsqlDataSource dataSource, CancellationToken cancellationToken)
    {
        await using var command = new SqlFilter().And("plate = @", plate).And("captured_at >= @", from).And("captured_at < @", to).And("kind = @", TwoPlaces.Kind).And("state = any(@)", StandingStates).And(ReviewLimit.Shows("@"), only).And(alsoRestricted ? null : Restricted.Not("plate")).Command(
            dataSource, $"select {ReviewEndpoints.Columns} from review_cases where {{where}} order by captured_at, id limit {{limit}}", Paging.MaximumLimit);
        return await command.ReadAllAsync(ReviewEndpoints.Read, cancellationToken);
    }

    private static PassageHit For(ClaimsPrincipal user, PassageHit hit) => hit.Vehicle is null ? hit : hit with { Vehicle = Keepers.For(user, hit.Vehicle) };

    private static object?[] Row(PassageHit hit) =>
    [
        hit.Passage.Id, hit.Passage.Plate, hit.Passage.StationId, hit.Passage.FirstAt, hit.Passage.LastAt, hit.Passage.Sightings,
        hit.Vehicle?.Make, hit.Vehicle?.Model, hit.Vehicle?.Colour, hit.Vehicle?.Class, hit.Vehicle?.Fuel, hit.Vehicle?.Euro, hit.Vehicle?.Keeper,
    ];
}

using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;

namespace SmartCity.Core.Vehicles;

internal static class VehicleSlice
{
    private const long LargestImport = 1L << 30;

    public static IServiceCollection AddVehicles(this IServiceCollection services) =>
        services.AddSingleton<VehicleRegistry>().AddSingleton<PassageSearch>().AddSingleton<VehicleKindsQuery>().AddSingleton<VehicleImport>().AddSingleton<DiscountImport>().AddSingleton<IDatabaseSeed, DemoRegistrySeed>().AddHostedService<RegistrySweep>();

    public static IEndpointRouteBuilder MapVehicles(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/vehicles").WithTags("Vehicles");
        foreach (var (record, history, parameter) in ((string, string, string?)[])[("/record", "/history", "plate"), ("/{plate}", "/{plate}/history", null)])
        {
            group.MapGet(record, GetAsync).WithSummary("A registry record").RequireAuthorization(Scope.VehiclesSearch).RequireReason("vehicles.record", parameter);
            group.MapGet(history, HistoryAsync).WithSummary("What the registry knows of a vehicle over time, oldest first").RequireAuthorization(Scope.VehiclesSearch).RequireReason("vehicles.record", parameter);
        }

        group.MapPost("/import", ImportAsync).WithSummary("Adds vehicles from CSV, or changes what the file has columns for, from a day on; invalid rows are reported by line; with preview=true nothing is saved")
            .Accepts<string>("text/csv", "text/plain", "application/octet-stream", "application/vnd.ms-excel").WithMetadata(new RequestSize()).RequireAuthorization(Scope.CityWrite)
            .Audited("vehicles.import").AuditAbout((ImportReport r) => (FormattableString.Invariant($"{r.Imported} of {r.Read} rows{(r.Preview ? ", a preview" : "")}"), null));
        group.MapPost("/discounts/import", ImportDiscountsAsync).WithSummary("Adds discounts for some days from CSV; invalid rows are reported by line; with preview=true nothing is saved")
            .Accepts<string>("text/csv", "text/plain", "application/octet-stream", "application/vnd.ms-excel").WithMetadata(new RequestSize()).RequireAuthorization(Scope.CityWrite)
            .Audited("discounts.import").AuditAbout((ImportReport r) => (FormattableString.Invariant($"{r.Imported} of {r.Read} rows{(r.Preview ? ", a preview" : "")}"), null));
        app.MapGet("/api/vehicle-kinds", async (VehicleKindsQuery kinds, CancellationToken cancellationToken, string? make = null, string? colour = null) => TypedResults.Ok(await kinds.RunAsync(make, colour, cancellationToken)))
            .WithTags("Vehicles").WithSummary("Makes and colours that the registry has; with make or colour, those that may be meant, however they are written").RequireAuthorization(Scope.VehiclesSearch).ForLimited();
        return app.MapVehicleSearch();
    }

    private static async Task<Results<Ok<VehicleView>, NotFound>> GetAsync(string plate, ClaimsPrincipal user, VehicleRegistry registry, CancellationToken cancellationToken)
    {
        var normalised = PlateText.Of(plate);
        var found = await registry.FindAsync([normalised], cancellationToken);
        return found.TryGetValue(normalised, out var vehicle) ? TypedResults.Ok(Keepers.For(user, vehicle)) : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<VehicleHistory>, NotFound>> HistoryAsync(string plate, ClaimsPrincipal user, VehicleRegistry registry, CancellationToken cancellationToken) =>
        await registry.HistoryAsync(PlateText.Of(plate), cancellationToken) is { } history
            ? TypedResults.Ok(history with { Records = [.. history.Records.Select(r => r with { Vehicle = Keepers.For(user, r.Vehicle) })] })
            : TypedResults.NotFound();

    private static Task<Results<Ok<ImportReport>, ProblemHttpResult>> ImportAsync(HttpRequest request, ClaimsPrincipal user, VehicleImport import, AuditedChange change, CancellationToken cancellationToken, bool preview = false) =>
        ReportAsync(import.ImportAsync(request.Body, SignedInPerson.NameOf(user), preview, cancellationToken, change));

    private static Task<Results<Ok<ImportReport>, ProblemHttpResult>> ImportDiscountsAsync(HttpRequest request, DiscountImport import, AuditedChange change, CancellationToken cancellationToken, bool preview = false) =>
        ReportAsync(import.ImportAsync(request.Body, preview, cancellationToken, change));

    private static async Task<Results<Ok<ImportReport>, ProblemHttpResult>> ReportAsync(Task<ImportReport> import)
    {
        try
        {
            return TypedResults.Ok(await import);
        }
        catch (InvalidDataException e)
        {
            return Paging.Problem(e.Message);
        }
    }

    private sealed class RequestSize : Microsoft.AspNetCore.Http.Metadata.IRequestSizeLimitMetadata
    {
        public long? MaxRequestBodySize => LargestImport;
    }
}

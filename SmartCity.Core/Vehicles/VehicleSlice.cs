using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;

namespace SmartCity.Core.Vehicles;

internal static class VehicleSlice
{
    private const long LargestImport = 1L << 30;

    public static IServiceCollection AddVehicles(this IServiceCollection services) =>
        services.AddSingleton<VehicleRegistry>().AddSingleton<PassageSearch>().AddSingleton<VehicleImport>().AddSingleton<IDatabaseSeed, DemoRegistrySeed>();

    public static IEndpointRouteBuilder MapVehicles(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/vehicles").WithTags("Vehicles");
        group.MapGet("/{plate}", GetAsync).WithSummary("A registry record").RequireAuthorization(Scope.VehiclesSearch).RequireReason("vehicles.record");
        group.MapPost("/import", ImportAsync).WithSummary("Adds or replaces vehicles from CSV; invalid rows are reported by line")
            .Accepts<string>("text/csv", "text/plain", "application/octet-stream", "application/vnd.ms-excel").WithMetadata(new RequestSize()).RequireAuthorization(Scope.CityWrite);
        return app.MapVehicleSearch();
    }

    private static async Task<Results<Ok<VehicleView>, NotFound>> GetAsync(string plate, ClaimsPrincipal user, VehicleRegistry registry, CancellationToken cancellationToken)
    {
        var normalised = plate.Replace(" ", "", StringComparison.Ordinal).ToUpperInvariant();
        var found = await registry.FindAsync([normalised], cancellationToken);
        return found.TryGetValue(normalised, out var vehicle) ? TypedResults.Ok(Keepers.For(user, vehicle)) : TypedResults.NotFound();
    }

    private static async Task<Results<Ok<ImportReport>, ProblemHttpResult>> ImportAsync(HttpRequest request, VehicleImport import, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await import.ImportAsync(request.Body, cancellationToken));
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

using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Ops;

internal static class OpsEndpoints
{
    public static IServiceCollection AddOps(this IServiceCollection services)
    {
        services.AddSingleton<IngestStatistics>();
        services.AddSingleton<ProcessUsage>();
        services.AddSingleton<OpsQuery>();
        services.AddSingleton<HeartbeatConsumer>();
        services.AddHostedService(provider => provider.GetRequiredService<HeartbeatConsumer>());
        return services;
    }

    public static IEndpointRouteBuilder MapOps(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/ops", GetAsync).WithTags("Ops").WithSummary("The pipeline as it runs: stations, workers, rates, lag").RequireAuthorization(Scope.OpsRead);
        return app;
    }

    private static async Task<Ok<OpsView>> GetAsync(OpsQuery query, CancellationToken cancellationToken) => TypedResults.Ok(await query.RunAsync(cancellationToken));
}

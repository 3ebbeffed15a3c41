using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Database;

namespace SmartCity.Core.Ops;

internal static class OpsEndpoints
{
    private const int MostMinutes = 1_440;

    public static IServiceCollection AddOps(this IServiceCollection services)
    {
        services.AddOptions<OpsOptions>().BindConfiguration(OpsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IngestStatistics>();
        services.AddSingleton<ProcessUsage>();
        services.AddSingleton<KafkaFigures>();
        services.AddSingleton<DatabaseFigures>();
        services.AddSingleton<StorageFigures>();
        services.AddSingleton<OpsHistory>();
        services.AddSingleton<OpsQuery>();
        services.AddSingleton<CameraQuery>();
        services.AddSingleton<Arrivals>();
        services.AddHostedService(provider => provider.GetRequiredService<Arrivals>());
        services.AddSingleton<HeartbeatConsumer>();
        services.AddHostedService(provider => provider.GetRequiredService<HeartbeatConsumer>());
        services.AddHostedService<OpsWorker>();
        return services;
    }

    public static IEndpointRouteBuilder MapOps(this IEndpointRouteBuilder app)
    {
        var ops = app.MapGroup("/api/ops").WithTags("Ops").RequireAuthorization(Scope.OpsRead);
        ops.MapGet("", GetAsync).WithMetadata(new AnswersWithoutPostgres()).WithSummary("The state of the pipeline: stations, Kafka, core, Postgres and object store, with rates, lag and problems");
        ops.MapGet("cameras", CamerasAsync).WithSummary("Every camera as its edge's last heartbeat described it, the worst first");
        ops.MapGet("history", HistoryAsync).WithSummary("Ingest by the minute: rate, lag, capture to stored; minutes in which no core ran have no figures");
        return app;
    }

    private static async Task<Ok<OpsView>> GetAsync(OpsQuery query, CancellationToken cancellationToken) => TypedResults.Ok(await query.RunAsync(cancellationToken));

    private static async Task<Ok<IReadOnlyList<CameraStatus>>> CamerasAsync(CameraQuery query, CancellationToken cancellationToken) => TypedResults.Ok(await query.RunAsync(cancellationToken));

    private static async Task<Results<Ok<IReadOnlyList<OpsMinute>>, ProblemHttpResult>> HistoryAsync(OpsHistory history, CancellationToken cancellationToken, int minutes = 60) =>
        minutes is >= 1 and <= MostMinutes
            ? TypedResults.Ok(await history.FindAsync(minutes, cancellationToken))
            : Paging.Problem($"minutes is {minutes}; it must be from 1 to {MostMinutes}.");
}

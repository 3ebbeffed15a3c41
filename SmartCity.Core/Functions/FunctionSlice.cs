using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;

namespace SmartCity.Core.Functions;

/// <summary>What the city file wants called when something has happened.</summary>
internal static class FunctionSlice
{
    public static IServiceCollection AddFunctions(this IServiceCollection services)
    {
#pragma warning disable EXTEXP0001 // The attempts are the flow's.
        services.AddHttpClient(FunctionWorker.Client, client => client.Timeout = Timeout.InfiniteTimeSpan)
            // Where an event goes is what the city file says, and a page to sign in is no answer.
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false })
            .RemoveAllResilienceHandlers();
#pragma warning restore EXTEXP0001
        services.AddSingleton<FunctionQueue>().AddSingleton<FunctionEventReader>();

        // After the models' seed: what a new city begins with is no release.
        return services.AddSingleton<IDatabaseSeed, FunctionSeed>().AddHostedService<FunctionWorker>();
    }

    public static IEndpointRouteBuilder MapFunctions(this IEndpointRouteBuilder app)
    {
        var functions = app.MapGroup("/api/functions").WithTags("Ops").RequireAuthorization(Scope.OpsRead);
        functions.MapGet("", ListAsync).WithSummary("Functions of the city file, and how many events each is still to be told or never took");
        functions.MapGet("dead-letters", DeadLettersAsync).WithSummary("Events that a function never took, newest first, with the reason");
        functions.MapPost("{name}/resend", ResendAsync).WithSummary("Tells a function its dead letters again").RequireAuthorization(Scope.OpsWrite).Audited("functions.resend");
        return app;
    }

    private static async Task<Ok<List<FunctionView>>> ListAsync(FunctionQueue queue, CancellationToken cancellationToken) => TypedResults.Ok(await queue.ViewsAsync(null, cancellationToken));

    private static async Task<Results<Ok<List<FunctionDeadLetter>>, ProblemHttpResult>> DeadLettersAsync(FunctionQueue queue, CancellationToken cancellationToken, string? function = null, int limit = Paging.DefaultLimit)
    {
        if (Paging.CheckLimit(limit) is { } problem)
        {
            return problem;
        }

        return TypedResults.Ok(await queue.DeadLettersAsync(function, limit, cancellationToken));
    }

    private static async Task<Results<Accepted, NotFound>> ResendAsync(string name, AuditedChange change, CancellationToken cancellationToken) =>
        await FunctionQueue.ResendAsync(change, name, cancellationToken) is null ? TypedResults.NotFound() : TypedResults.Accepted((string?)null);
}

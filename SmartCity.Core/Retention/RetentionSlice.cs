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

namespace SmartCity.Core.Retention;

/// <summary>How long records are kept, and the worker that removes records past their retention.</summary>
internal static class RetentionSlice
{
    public static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<RetentionStore>().AddSingleton<AlertRetention>().AddSingleton<EvidenceRetention>().AddSingleton<SightingRetention>().AddSingleton<ArchiveRetention>().AddSingleton<FunctionRetention>().AddSingleton<WrittenRetention>().AddSingleton<RetentionWorker>();
        services.AddSingleton<IDatabaseSeed, RetentionSeed>();
        return services.AddHostedService(provider => provider.GetRequiredService<RetentionWorker>());
    }

    public static IEndpointRouteBuilder MapRetention(this IEndpointRouteBuilder app)
    {
        var retention = app.MapGroup("/api/retention").WithTags("Retention").RequireAuthorization(Scope.CityWrite);
        retention.MapGet("", async (RetentionStore store, CancellationToken cancellationToken) => TypedResults.Ok(await store.ListAsync(cancellationToken)))
            .WithSummary("How long each kind of record is kept, and what was last removed");
        retention.MapPut("{kind}", ChangeAsync).WithSummary("Changes how many days a kind of record is kept, from the next run on").Audited("retention.change", recordBody: true);
        retention.MapPost("run", Accepted (RetentionWorker worker) =>
        {
            worker.Ask();
            return TypedResults.Accepted((string?)null);
        }).WithSummary("Removes records past their retention now").Audited("retention.run", whole: "all kinds");
        return app;
    }

    private static async Task<Results<Ok<RetentionView>, NotFound, ProblemHttpResult>> ChangeAsync(
        string kind, RetentionChange body, ClaimsPrincipal user, RetentionStore store, AuditedChange change, TimeProvider time, CancellationToken cancellationToken)
    {
        if (!RetentionRules.Kinds.Contains(kind))
        {
            return TypedResults.NotFound();
        }

        if (RetentionRules.Check(kind, body.Days, await store.DaysAsync(cancellationToken)) is { } wrong)
        {
            return Paging.Problem(wrong);
        }

        await RetentionStore.ChangeAsync(change, kind, body.Days!.Value, user.Identity!.Name!, time.GetUtcNow(), cancellationToken);
        return TypedResults.Ok((await store.ListAsync(cancellationToken, change)).Single(r => r.Kind == kind));
    }
}

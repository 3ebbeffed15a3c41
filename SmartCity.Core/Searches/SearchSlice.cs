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
using SmartCity.ServiceDefaults.Access;

namespace SmartCity.Core.Searches;

/// <summary>What people search for again: saved searches and their own latest reasons.</summary>
internal static class SearchSlice
{
    public static IServiceCollection AddSearches(this IServiceCollection services) => services.AddSingleton<SearchStore>();

    public static IEndpointRouteBuilder MapSearches(this IEndpointRouteBuilder app)
    {
        foreach (var (page, scope, names) in SearchRules.Pages)
        {
            var group = app.MapGroup($"/api/searches/{page}").WithTags("Saved searches").RequireAuthorization(scope);
            group.MapGet("", async (ClaimsPrincipal user, SearchStore store, CancellationToken cancellationToken) => TypedResults.Ok(await store.ListAsync(page, user.Identity!.Name!, cancellationToken)))
                .WithSummary($"The caller's saved searches of {page}, and those that others share");
            group.MapPost("", (NewSavedSearch body, ClaimsPrincipal user, SearchStore store, AuditedChange change, CancellationToken cancellationToken) => SaveAsync(page, names, body, user, store, change, cancellationToken))
                .WithSummary($"Saves a search of {page} under a name, without its reason; one that is shared names no plate").DisableAntiforgery().Audited("searches.save").AuditAbout((NewSavedSearch s) => (s.Name, null));
            group.MapDelete("{id:guid}", (Guid id, HttpContext http, AuditedChange change, CancellationToken cancellationToken) => DeleteAsync(page, id, http, change, cancellationToken))
                .WithSummary("Deletes a saved search of the caller's; an administrator deletes those that others share, too").Audited("searches.delete").AuditAbout((AuditName n) => (n.Name, null));
        }

        app.MapGet("/api/access/reasons", async (ClaimsPrincipal user, SearchStore store, CancellationToken cancellationToken) => TypedResults.Ok(await store.ReasonsAsync(user.Identity!.Name!, cancellationToken)))
            .WithTags("Access").WithSummary($"The caller's own latest reasons for looking at what takes one, at most {SearchStore.MostReasons}").RequireAuthorization(SignedIn.Policy).ForLimited();
        return app;
    }

    private static async Task<Results<Created<SavedSearch>, ProblemHttpResult>> SaveAsync(string page, string[] names, NewSavedSearch body, ClaimsPrincipal user, SearchStore store, AuditedChange change, CancellationToken cancellationToken) =>
        SearchRules.Check(body, names) is { } wrong ? Paging.Problem(wrong)
        : await store.SaveAsync(page, user.Identity!.Name!, body, SearchRules.PlateOf(body), change, cancellationToken) is { } saved ? TypedResults.Created($"/api/searches/{page}", saved)
        : TypedResults.Problem($"You have {SearchStore.MostOfOne} saved searches here, which is the limit. Delete one first.", statusCode: StatusCodes.Status409Conflict);

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(string page, Guid id, HttpContext http, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await SearchStore.DeleteAsync(page, id, http.User.Identity!.Name!, http.User.HasClaim(Scope.Claim, Scope.AccessWrite), change, cancellationToken) is not { } name)
        {
            return TypedResults.Problem("There is no such saved search, or it is somebody else's.", statusCode: StatusCodes.Status404NotFound);
        }

        http.Items[AuditFilter.Details] = new AuditName(name);
        return TypedResults.NoContent();
    }
}

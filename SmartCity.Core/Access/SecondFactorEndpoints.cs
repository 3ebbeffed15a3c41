using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.Routing;
using SmartCity.Contracts.Api;
using SmartCity.Core.Api;
using SmartCity.Core.Audit;
using SmartCity.ServiceDefaults.Access;

namespace SmartCity.Core.Access;

internal static class SecondFactorEndpoints
{
    public static IEndpointRouteBuilder MapSecondFactor(this IEndpointRouteBuilder app)
    {
        var own = app.MapGroup("/api/access/second-factor").WithTags("Access").RequireAuthorization(SignedIn.Policy).ForLimited();
        own.MapPost("", OfferAsync).WithSummary("A secret for an authenticator; sign-ins need its codes once one was confirmed").Audited("access.second-factor.offer", whole: "the own second factor");
        own.MapPost("/confirm", ConfirmAsync).WithSummary("The authenticator's first code; the answer holds the codes for when it is lost, and a new session").Audited("access.second-factor.confirm", whole: "the own second factor");
        own.MapPost("/remove", RemoveAsync).WithSummary("Removes the second factor, with a code of it").Audited("access.second-factor.remove", whole: "the own second factor");
        app.MapDelete("/api/access/users/{id:guid}/second-factor", ResetAsync).WithTags("Access").WithSummary("Removes the second factor and the passkeys of a user who has lost them; the user's sessions end")
            .RequireAuthorization(Scope.AccessWrite).Audited("users.second-factor.remove").AuditAbout((AuditName n) => (n.Name, null));
        return app;
    }

    private static async Task<Results<Ok<SecondFactorOffer>, ProblemHttpResult>> OfferAsync(ClaimsPrincipal principal, UserManager<User> users, SecondFactors factors, AuditedChange change, CancellationToken cancellationToken) =>
        await OwnUser.OfAsync(principal, users) is not { } user ? NotHere()
        : await OwnUser.WithoutPasskeyAsync(principal, user, users) is { } other ? other
        : await factors.OfferAsync(user, change, cancellationToken) is { } offer ? TypedResults.Ok(offer)
        : TypedResults.Problem("You already have a second factor. Remove it first, with one of its codes.", statusCode: StatusCodes.Status409Conflict);

    private static async Task<Results<Ok<SecondFactorConfirmed>, ProblemHttpResult>> ConfirmAsync(
        SecondFactorCode body, HttpContext http, ClaimsPrincipal principal, UserManager<User> users, SecondFactors factors, SignInGuard guard, Credentials credentials, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await OwnUser.OfAsync(principal, users) is not { } user)
        {
            return NotHere();
        }

        if (await OwnUser.WithoutPasskeyAsync(principal, user, users) is { } other)
        {
            return other;
        }

        if (await OwnUser.LockedOutAsync(http, user, guard, cancellationToken) is { } refused)
        {
            return refused;
        }

        if (await factors.ConfirmAsync(user.Id, body.Code, change, cancellationToken) is not { } codes)
        {
            await guard.FailedAsync(user.UserName!, SignInGuard.AddressOf(http));
            return Wrong();
        }

        // Whoever had signed in without one signs in again.
        await credentials.CloseAllAsync(user.Id, change, cancellationToken);
        return TypedResults.Ok(new SecondFactorConfirmed(codes, await credentials.OpenAsync(user, cancellationToken, change: change)));
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> RemoveAsync(
        SecondFactorCode body, HttpContext http, ClaimsPrincipal principal, UserManager<User> users, SecondFactors factors, SignInGuard guard, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await OwnUser.OfAsync(principal, users) is not { } user)
        {
            return NotHere();
        }

        if (await OwnUser.LockedOutAsync(http, user, guard, cancellationToken) is { } refused)
        {
            return refused;
        }

        if (string.IsNullOrWhiteSpace(body.Code) || !await factors.TakeAsync(user.Id, body.Code, cancellationToken, change))
        {
            await guard.FailedAsync(user.UserName!, SignInGuard.AddressOf(http));
            return Wrong();
        }

        await SecondFactors.RemoveAsync(user.Id, change, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> ResetAsync(Guid id, HttpContext http, UserManager<User> users, Credentials credentials, AuditedChange change, CancellationToken cancellationToken)
    {
        http.Items[AuditFilter.Details] = (await users.FindByIdAsync(id.ToString()))?.UserName is { } name ? new AuditName(name) : null;
        if (!await SecondFactors.RemoveAllAsync(id, change, cancellationToken))
        {
            return TypedResults.Problem("This user has neither a second factor nor a passkey.", statusCode: StatusCodes.Status404NotFound);
        }

        await credentials.CloseAllAsync(id, change, cancellationToken);
        return TypedResults.NoContent();
    }

    private static ProblemHttpResult NotHere() => Paging.Problem("Only users of this core have a second factor here. Set yours up at the identity provider.");

    private static ProblemHttpResult Wrong() => Paging.Problem("The code is wrong or was used already. Wait for the next one; if it is wrong too, check the clock of the phone.");
}

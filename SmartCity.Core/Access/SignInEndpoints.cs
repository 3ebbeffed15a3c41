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

internal static class SignInEndpoints
{
    private const string Refused = "The name, the password or the code is wrong, or too many wrong ones were given; then try again in ten minutes.";

    public static IEndpointRouteBuilder MapSignIn(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/access").WithTags("Access");
        group.MapPost("/sign-in", SignInAsync).WithSummary("Signs in with a name and a password and returns a session").AllowAnonymous().RequireRateLimiting(AccessSlice.SignInLimit).AuditedByItself();
        group.MapPost("/sign-out", SignOutAsync).WithSummary("Signs out: ends the session of the token").RequireAuthorization(SignedIn.Policy).ForLimited().Audited("access.sign-out", whole: "the own session");
        group.MapGet("/me", (ClaimsPrincipal user) => TypedResults.Ok(Bearer.Of(user).View())).WithSummary("The user or key that asks, and its scopes").RequireAuthorization(SignedIn.Policy).ForLimited();
        group.MapPost("/password", ChangePasswordAsync).WithSummary("Changes the user's own password and ends all other sessions of the user").RequireAuthorization(SignedIn.Policy).ForLimited().Audited("access.password", whole: "the own password");
        return app;
    }

    private static async Task<Results<Ok<Session>, ProblemHttpResult>> SignInAsync(
        SignInRequest body, HttpRequest request, UserManager<User> users, SignInGuard guard, SecondFactors factors, SignIns signIns, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(body.Name) || string.IsNullOrEmpty(body.Password))
        {
            return Paging.Problem("name and password must both be given.");
        }

        var address = SignInGuard.AddressOf(request.HttpContext);
        var user = await users.FindByNameAsync(body.Name.Trim());
        if (await guard.IsLockedAsync(body.Name, user?.Id, address, cancellationToken))
        {
            TakeAsLong(users, body.Password);
            return await signIns.RefuseAsync(user?.UserName ?? body.Name.Trim(), address, "locked out", Refused);
        }

        if (user is null)
        {
            TakeAsLong(users, body.Password);
            await guard.FailedAsync(body.Name, address);
            return await signIns.RefuseAsync(body.Name.Trim(), address, "no such user", Refused);
        }

        if (!await users.CheckPasswordAsync(user, body.Password))
        {
            await guard.FailedAsync(body.Name, address);
            return await signIns.RefuseAsync(user.UserName!, address, "wrong password", Refused);
        }

        if (user.Disabled)
        {
            return await signIns.RefuseAsync(user.UserName!, address, "disabled", Refused);
        }

        if (await factors.IsOnAsync(user.Id, cancellationToken))
        {
            if (string.IsNullOrWhiteSpace(body.Code))
            {
                return TypedResults.Problem("This user has a second factor: give code too.", statusCode: StatusCodes.Status401Unauthorized, extensions: new Dictionary<string, object?> { ["secondFactor"] = true });
            }

            if (!await factors.TakeAsync(user.Id, body.Code, cancellationToken))
            {
                await guard.FailedAsync(body.Name, address);
                return await signIns.RefuseAsync(user.UserName!, address, "wrong code", Refused);
            }
        }

        return TypedResults.Ok(await signIns.OpenAsync(user, body.Name, address, null, cancellationToken));
    }

    // As long as a wrong password takes: who is a user here is nobody's business.
    private static void TakeAsLong(UserManager<User> users, string password) => users.PasswordHasher.HashPassword(new User(), password);

    private static async Task<NoContent> SignOutAsync(HttpRequest request, Credentials credentials, AuditedChange change, CancellationToken cancellationToken)
    {
        await credentials.CloseAsync(TokenAuthentication.TokenOf(request)!, change, cancellationToken);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<Session>, ProblemHttpResult>> ChangePasswordAsync(
        PasswordChange body, HttpContext http, ClaimsPrincipal principal, UserManager<User> users, AccessContext context, AuditedChange change, SignInGuard guard, Credentials credentials, CancellationToken cancellationToken)
    {
        if (await OwnUser.OfAsync(principal, users) is not { } user)
        {
            return Paging.Problem("Only users of this core can change a password here. Change yours at the identity provider.");
        }

        if (string.IsNullOrEmpty(body.Current) || string.IsNullOrEmpty(body.New) || body.Current == body.New)
        {
            return Paging.Problem("current and new must both be given, and must differ.");
        }

        if (await guard.IsLockedAsync(user.UserName!, user.Id, SignInGuard.AddressOf(http), cancellationToken))
        {
            return Paging.Problem("The user is locked after too many wrong passwords. Try again in ten minutes.");
        }

        await change.BeginAsync(context, cancellationToken);
        var result = await users.ChangePasswordAsync(user, body.Current, body.New);
        if (!result.Succeeded)
        {
            if (result.Errors.Any(e => e.Code == nameof(IdentityErrorDescriber.PasswordMismatch)))
            {
                await guard.FailedAsync(user.UserName!, SignInGuard.AddressOf(http));
                return Paging.Problem("The current password is wrong.");
            }

            return Paging.Problem(string.Join(" ", result.Errors.Select(e => e.Description)));
        }

        user.MustChangePassword = false;
        await users.UpdateAsync(user);
        await credentials.CloseAllAsync(user.Id, change, cancellationToken);
        return TypedResults.Ok(await credentials.OpenAsync(user, cancellationToken, change: change));
    }
}

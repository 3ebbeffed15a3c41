using System.Buffers.Text;
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

/// <summary>Passkeys of users of this core. The console stands between: it has the browser sign, and hands on what was signed.</summary>
internal static class PasskeyEndpoints
{
    private const string None = "Passkeys are not set up here: Core:Access:PasskeyOrigins names no console.";
    private const string Refused = "The passkey was not accepted. Try again, or sign in with your password.";

    // In the audit, where it is not known whose it is.
    private const string Somebody = "a passkey";

    public static IEndpointRouteBuilder MapPasskeys(this IEndpointRouteBuilder app)
    {
        var own = app.MapGroup("/api/access/passkeys").WithTags("Access").RequireAuthorization(SignedIn.Policy).ForLimited();
        own.MapGet("", ListAsync).WithSummary("The user's own passkeys");
        own.MapPost("/options", OfferAsync).WithSummary("What a browser needs to make a passkey; asks for the password").Audited("access.passkey.offer", whole: "an own passkey");
        own.MapPost("", AddAsync).WithSummary("Adds the passkey that a browser has made").Audited("access.passkey.add").AuditAbout((PasskeyView p) => (p.Name, null));
        own.MapDelete("{id}", RemoveAsync).WithSummary("Removes one of the user's own passkeys").Audited("access.passkey.remove");

        // For the console, before anybody has signed in: it calls with its own key.
        var signIn = app.MapGroup("/api/access/sign-in/passkey").WithTags("Access").RequireAuthorization(Scope.LiveRead);
        signIn.MapGet("", (Passkeys passkeys) => TypedResults.Ok(passkeys.Origins)).WithSummary("Addresses of consoles at which passkeys work");
        signIn.MapPost("/options", AskAsync).WithSummary("What a browser needs to sign in with a passkey").RequireRateLimiting(AccessSlice.SignInLimit).AuditedByItself();
        signIn.MapPost("", SignInAsync).WithSummary("Signs in with what a browser has signed and returns a session").RequireRateLimiting(AccessSlice.SignInLimit).AuditedByItself();
        return app;
    }

    private static async Task<Results<Ok<IReadOnlyList<PasskeyView>>, ProblemHttpResult>> ListAsync(ClaimsPrincipal principal, UserManager<User> users) =>
        await OwnUser.OfAsync(principal, users) is { } user ? TypedResults.Ok<IReadOnlyList<PasskeyView>>([.. (await users.GetPasskeysAsync(user)).OrderBy(p => p.CreatedAt).Select(View)]) : NotHere();

    private static async Task<Results<Ok<PasskeyQuestion>, ProblemHttpResult>> OfferAsync(
        PasskeyOwner body, HttpContext http, ClaimsPrincipal principal, UserManager<User> users, SignInGuard guard, AuditedChange change, IPasskeyHandler<User> handler, Passkeys passkeys, CancellationToken cancellationToken)
    {
        if (await OwnUser.OfAsync(principal, users) is not { } user)
        {
            return NotHere();
        }

        if (passkeys.Origins.Count == 0)
        {
            return Paging.Problem(None);
        }

        // Whoever finds an open page must not get a way in that stays.
        if (await OwnUser.WithoutPasskeyAsync(principal, user, users) is { } other)
        {
            return other;
        }

        if (await OwnUser.LockedOutAsync(http, user, guard, cancellationToken) is { } locked)
        {
            return locked;
        }

        if (string.IsNullOrEmpty(body.Password) || !await users.CheckPasswordAsync(user, body.Password))
        {
            await guard.FailedAsync(user.UserName!, SignInGuard.AddressOf(http));
            return Paging.Problem("The password is wrong.");
        }

        if ((await users.GetPasskeysAsync(user)).Count >= Passkeys.Most)
        {
            return Paging.Problem($"You have {Passkeys.Most} passkeys already. Remove one first.");
        }

        var options = await handler.MakeCreationOptionsAsync(new PasskeyUserEntity { Id = user.Id.ToString(), Name = user.UserName!, DisplayName = user.UserName! }, http);
        return TypedResults.Ok(new PasskeyQuestion(await passkeys.AskAsync(user.Id, options.AttestationState!, cancellationToken, change), options.CreationOptionsJson));
    }

    private static async Task<Results<Ok<PasskeyView>, ProblemHttpResult>> AddAsync(
        NewPasskey body, HttpContext http, ClaimsPrincipal principal, UserManager<User> users, AccessContext context, AuditedChange change, IPasskeyHandler<User> handler, Passkeys passkeys, CancellationToken cancellationToken)
    {
        if (await OwnUser.OfAsync(principal, users) is not { } user)
        {
            return NotHere();
        }

        if (body.Name?.Trim() is not { Length: > 0 and <= Passkeys.LongestName } name)
        {
            return Paging.Problem($"name must have 1 to {Passkeys.LongestName} characters.");
        }

        if (string.IsNullOrWhiteSpace(body.Credential) || await passkeys.TakeAsync(body.Question, user.Id, cancellationToken) is not { } state)
        {
            return Paging.Problem("The passkey came too late or twice. Begin again.");
        }

        var made = await handler.PerformAttestationAsync(new PasskeyAttestationContext { HttpContext = http, CredentialJson = body.Credential, AttestationState = state });
        if (!made.Succeeded)
        {
            return Paging.Problem($"The passkey cannot be used: {made.Failure.Message}");
        }

        made.Passkey.Name = name;
        await change.BeginAsync(context, cancellationToken);
        var added = await users.AddOrUpdatePasskeyAsync(user, made.Passkey);
        return added.Succeeded ? TypedResults.Ok(View(made.Passkey)) : Paging.Problem(string.Join(" ", added.Errors.Select(e => e.Description)));
    }

    private static async Task<Results<NoContent, NotFound, ProblemHttpResult>> RemoveAsync(string id, ClaimsPrincipal principal, UserManager<User> users, AccessContext context, AuditedChange change, CancellationToken cancellationToken)
    {
        if (await OwnUser.OfAsync(principal, users) is not { } user)
        {
            return NotHere();
        }

        if (!Base64Url.IsValid(id) || Base64Url.DecodeFromChars(id) is var credential && await users.GetPasskeyAsync(user, credential) is null)
        {
            return TypedResults.NotFound();
        }

        await change.BeginAsync(context, cancellationToken);
        await users.RemovePasskeyAsync(user, credential);
        return TypedResults.NoContent();
    }

    private static async Task<Results<Ok<PasskeyQuestion>, ProblemHttpResult>> AskAsync(HttpContext http, IPasskeyHandler<User> handler, Passkeys passkeys, CancellationToken cancellationToken)
    {
        if (passkeys.Origins.Count == 0)
        {
            return Paging.Problem(None);
        }

        var options = await handler.MakeRequestOptionsAsync(null, http);
        return TypedResults.Ok(new PasskeyQuestion(await passkeys.AskAsync(null, options.AssertionState!, cancellationToken), options.RequestOptionsJson));
    }

    private static async Task<Results<Ok<Session>, ProblemHttpResult>> SignInAsync(
        PasskeyAnswer body, HttpContext http, UserManager<User> users, IPasskeyHandler<User> handler, Passkeys passkeys, SignIns signIns, CancellationToken cancellationToken)
    {
        var address = SignInGuard.AddressOf(http);
        if (string.IsNullOrWhiteSpace(body.Credential) || await passkeys.TakeAsync(body.Question, null, cancellationToken) is not { } state)
        {
            return await signIns.RefuseAsync(Somebody, address, "too late or twice", Refused);
        }

        var signed = await handler.PerformAssertionAsync(new PasskeyAssertionContext { HttpContext = http, CredentialJson = body.Credential, AssertionState = state });
        if (!signed.Succeeded)
        {
            return await signIns.RefuseAsync(Somebody, address, signed.Failure.Message, Refused);
        }

        var user = signed.User;
        if (user.Disabled)
        {
            return await signIns.RefuseAsync(user.UserName!, address, "disabled", Refused);
        }

        // The counter tells a copy of the passkey from the passkey.
        await users.AddOrUpdatePasskeyAsync(user, signed.Passkey);
        return TypedResults.Ok(await signIns.OpenAsync(user, user.UserName!, address, signed.Passkey.Name ?? "", cancellationToken));
    }

    private static ProblemHttpResult NotHere() => Paging.Problem("Only users of this core have passkeys here. Set yours up at the identity provider.");

    private static PasskeyView View(UserPasskeyInfo passkey) => new(Base64Url.EncodeToString(passkey.CredentialId), passkey.Name ?? "", passkey.CreatedAt);
}

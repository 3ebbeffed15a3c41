using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;

namespace SmartCity.Core.Access;

/// <summary>The user of this core who calls, and what keeps one from changing how they sign in.</summary>
internal static class OwnUser
{
    /// <summary>Null for an API key and for users of an identity provider.</summary>
    public static async Task<User?> OfAsync(ClaimsPrincipal principal, UserManager<User> users) =>
        Guid.TryParse(Bearer.Of(principal).Subject, out var id) ? await users.FindByIdAsync(id.ToString()) : null;

    /// <summary>The answer to somebody who has given too many wrong passwords or codes; null for anybody else.</summary>
    public static async Task<ProblemHttpResult?> LockedOutAsync(HttpContext http, User user, SignInGuard guard, CancellationToken cancellationToken) =>
        await guard.IsLockedAsync(user.UserName!, user.Id, SignInGuard.AddressOf(http), cancellationToken)
            ? TypedResults.Problem("Too many wrong codes or passwords. Try again in ten minutes.", statusCode: StatusCodes.Status429TooManyRequests)
            : null;

    /// <summary>
    /// The answer to somebody who has signed in with nothing but the password, though the role needs two factors and the user has passkeys: whoever has only the password must not
    /// get a factor of their own. Null for anybody else.
    /// </summary>
    public static async Task<ProblemHttpResult?> WithoutPasskeyAsync(ClaimsPrincipal principal, User user, UserManager<User> users) =>
        Bearer.Of(principal).MustEnrol && (await users.GetPasskeysAsync(user)).Count > 0
            ? TypedResults.Problem("You have a passkey. Sign in with it; if you have lost it, ask an administrator to remove it.", statusCode: StatusCodes.Status403Forbidden)
            : null;
}

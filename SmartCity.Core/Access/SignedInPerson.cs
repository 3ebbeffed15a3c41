using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace SmartCity.Core.Access;

/// <summary>What takes two people takes people: somebody with an API key, or with two, is not two.</summary>
internal static class SignedInPerson
{
    /// <summary>What a program is answered; null for a person.</summary>
    public static ProblemHttpResult? Check(ClaimsPrincipal user) => Is(user)
        ? null
        : TypedResults.Problem($"{user.Identity!.Name} is a key of a program. This must be done by a person who has signed in.", statusCode: StatusCodes.Status403Forbidden);

    /// <summary>The person's name; null for a program.</summary>
    public static string? NameOf(ClaimsPrincipal user) => Is(user) ? user.Identity!.Name : null;

    // A person has roles where a key has none.
    private static bool Is(ClaimsPrincipal user) => user.HasClaim(c => c.Type == ClaimTypes.Role);
}

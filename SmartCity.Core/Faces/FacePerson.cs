using System.Security.Claims;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace SmartCity.Core.Faces;

/// <summary>What takes two people takes people: somebody with two API keys is not two.</summary>
internal static class FacePerson
{
    /// <summary>What a program is answered; null for a person, who has roles where a key has none.</summary>
    public static ProblemHttpResult? Check(ClaimsPrincipal user) => user.HasClaim(c => c.Type == ClaimTypes.Role)
        ? null
        : TypedResults.Problem($"{user.Identity!.Name} is a key of a program. This must be done by a person who has signed in.", statusCode: StatusCodes.Status403Forbidden);
}

using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Identity;
using SmartCity.Contracts.Api;
using SmartCity.Core.Audit;

namespace SmartCity.Core.Access;

/// <summary>How a sign-in ends, by whatever means: with a session or refused, and with a line of the audit.</summary>
internal sealed class SignIns(UserManager<User> users, AccessContext context, AuditedChange change, SignInGuard guard, Credentials credentials, AuditLog audit, TimeProvider time)
{
    /// <param name="name">As it was given; wrong attempts were counted under it.</param>
    /// <param name="passkey">Its name; it is both factors. Null for a password.</param>
    public async Task<Session> OpenAsync(User user, string name, string address, string? passkey, CancellationToken cancellationToken)
    {
        await guard.SucceededAsync(name, user.Id, address, cancellationToken);
        await change.BeginAsync(context, cancellationToken);
        user.LastSignIn = time.GetUtcNow();
        await users.UpdateAsync(user);
        var session = await credentials.OpenAsync(user, cancellationToken, twoFactors: passkey is not null, change);
        await audit.AppendAsync(change, user.UserName!, "access.sign-in", $"from {address}{(passkey is null ? "" : $", with the passkey {passkey}")}", null, null, null);
        return session;
    }

    /// <param name="why">For the audit.</param>
    /// <param name="answer">For whoever tries: it says nothing about who is a user here.</param>
    public async Task<ProblemHttpResult> RefuseAsync(string name, string address, string why, string answer)
    {
        await audit.AppendAsync(name, "access.sign-in.refused", $"from {address}", why, null);
        return TypedResults.Problem(answer, statusCode: StatusCodes.Status401Unauthorized);
    }
}

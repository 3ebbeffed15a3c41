using System.Text.Encodings.Web;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.Core.Database;

namespace SmartCity.Core.Access;

/// <summary>A session's or a key's token in <c>Authorization: Bearer</c> (or <c>X-Api-Key</c>). What is refused gets a problem document that says why.</summary>
internal sealed class TokenAuthentication(
    IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory logger, UrlEncoder encoder, Credentials credentials, DatabaseStartup database)
    : AuthenticationHandler<AuthenticationSchemeOptions>(options, logger, encoder)
{
    public const string Name = "token";

    private const string Prefix = "Bearer ";

    /// <summary>The token that a request carries, null when it carries none.</summary>
    public static string? TokenOf(HttpRequest request)
    {
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) ? header[Prefix.Length..].Trim()
            : request.Headers["X-Api-Key"].ToString() is { Length: > 0 } key ? key : null;
    }

    protected override async Task<AuthenticateResult> HandleAuthenticateAsync()
    {
        // Before the schema is there nobody can be told apart; the request is answered with 503 before it gets further.
        if (TokenOf(Request) is not { } token || !database.Ready.IsCompletedSuccessfully)
        {
            return AuthenticateResult.NoResult();
        }

        return await credentials.FindAsync(token, Request.Headers.ContainsKey(BackgroundCall.Header), Context.RequestAborted) is { } bearer
            ? AuthenticateResult.Success(new AuthenticationTicket(bearer.Principal(Scheme.Name), Scheme.Name))
            : AuthenticateResult.Fail("The token is not known, has ended or was revoked.");
    }

    protected override Task HandleChallengeAsync(AuthenticationProperties properties)
    {
        Response.Headers.WWWAuthenticate = "Bearer";
        return RefuseAsync(StatusCodes.Status401Unauthorized, TokenOf(Request) is null
            ? "The call has no credentials. Sign in at POST /api/access/sign-in or use an API key, and send it as Authorization: Bearer TOKEN."
            : "The token is not known, has ended or was revoked. Sign in again.");
    }

    protected override Task HandleForbiddenAsync(AuthenticationProperties properties) =>
        RefuseAsync(StatusCodes.Status403Forbidden, Context.User.HasClaim(c => c.Type == Bearer.MustChangeClaim)
            ? "The password must be changed first, with POST /api/access/password."
            : Context.User.HasClaim(c => c.Type == Bearer.MustEnrolClaim)
            ? "A second factor must be set up first, with POST /api/access/second-factor."
            : StationLimit.Of(Context.User) is not null
            ? StationLimit.Refusal(Context.User)
            : $"{Context.User.Identity?.Name} does not have the scope that this call needs.");

    private Task RefuseAsync(int status, string detail) => TypedResults.Problem(detail, statusCode: status).ExecuteAsync(Context);
}

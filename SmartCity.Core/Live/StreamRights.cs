using System.Security.Claims;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Http;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;

namespace SmartCity.Core.Live;

/// <summary>Whether whoever watches a stream may still: a stream is one call, and what was right when it began may have ended since.</summary>
internal sealed class StreamRights(Credentials credentials, TimeProvider time)
{
    // A stream says every 15 s that it is alive, so it looks as often.
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(15);

    public Watch Begin() => new(credentials, time);

    internal sealed class Watch(Credentials credentials, TimeProvider time)
    {
        private DateTimeOffset _looked = time.GetUtcNow();

        /// <summary>False once the user, the key or the session has ended or lost one of its rights: who comes again has the others.</summary>
        public async ValueTask<bool> HoldsAsync(HttpContext http, CancellationToken cancellationToken)
        {
            var now = time.GetUtcNow();
            if (now - _looked < Every)
            {
                return true;
            }

            _looked = now;
            if (TokenAuthentication.TokenOf(http.Request) is not { } token)
            {
                return false;
            }

            // An identity provider's token is good until it runs out.
            if (http.Features.Get<IAuthenticateResultFeature>()?.AuthenticateResult?.Properties?.ExpiresUtc is { } end)
            {
                return now < end;
            }

            return await credentials.FindAsync(token, background: true, cancellationToken) is { } bearer && http.User.FindAll(Scope.Claim).All(c => bearer.Scopes.Contains(c.Value)) && HasTheSameStations(http.User, bearer);
        }

        private static bool HasTheSameStations(ClaimsPrincipal user, Bearer bearer) =>
            (StationLimit.Of(user) ?? []).ToHashSet(StringComparer.Ordinal).SetEquals(StationLimit.Of(bearer.Principal("")) ?? []);
    }
}

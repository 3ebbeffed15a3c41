using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;

namespace SmartCity.ServiceDefaults.Access;

/// <summary>One policy for each <see cref="Scope"/>, of the same name. An endpoint that names no policy still requires a sign-in.</summary>
public static class ScopePolicies
{
    public static IServiceCollection AddScopePolicies(this IServiceCollection services)
    {
        var policies = services.AddAuthorizationBuilder();
        foreach (var scope in Scope.All)
        {
            policies.AddPolicy(scope, policy => policy.RequireClaim(Scope.Claim, scope));
        }

        policies.AddPolicy(SignedIn.Policy, policy => policy.RequireAuthenticatedUser());
        policies.SetFallbackPolicy(new AuthorizationPolicyBuilder().RequireAuthenticatedUser().Build());
        return services;
    }
}

/// <summary>Policy for everybody who has signed in, whatever their scopes.</summary>
public static class SignedIn
{
    public const string Policy = "signed-in";
}

/// <summary>The authentication scheme of the core's API.</summary>
public static class ApiScheme
{
    public const string Name = "api";
}

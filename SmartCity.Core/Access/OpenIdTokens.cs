using System.Security.Claims;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using SmartCity.Contracts.Api;

namespace SmartCity.Core.Access;

/// <summary>Access tokens of an OpenID Connect provider. Roles with the names of the product's roles count; everything else in the token is ignored.</summary>
internal static class OpenIdTokens
{
    public static void Configure(JwtBearerOptions jwt, OpenIdOptions options)
    {
        jwt.Authority = options.Authority;
        jwt.Audience = options.Audience;
        jwt.RequireHttpsMetadata = options.RequireHttps;
        jwt.MapInboundClaims = false;
        jwt.TokenValidationParameters.NameClaimType = options.NameClaim;
        jwt.Events = new JwtBearerEvents
        {
            OnTokenValidated = context =>
            {
                context.Principal = Principal(context.Principal!, options).Principal(context.Scheme.Name);
                return Task.CompletedTask;
            },
        };
    }

    private static Bearer Principal(ClaimsPrincipal token, OpenIdOptions options)
    {
        var roles = token.FindAll(options.RoleClaim).Select(c => c.Value).Where(Role.All.Contains).Distinct().ToArray();
        var subject = token.FindFirstValue("sub") ?? "?";
        return new Bearer($"{token.FindFirstValue(options.NameClaim) ?? subject}@{options.Realm}", "openid:" + subject, roles, Bearer.ScopesOf(roles), false);
    }
}

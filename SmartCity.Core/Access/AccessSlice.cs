using System.Threading.RateLimiting;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;
using Microsoft.AspNetCore.RateLimiting;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Core.Audit;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Access;

namespace SmartCity.Core.Access;

/// <summary>Who may do what: users and their sessions, API keys, users of an identity provider.</summary>
internal static class AccessSlice
{
    public const string SignInLimit = "sign-in";

    private const int ShortestPassword = 12;
    private const int SignInsASecond = 10;

    public static IServiceCollection AddAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<AccessOptions>().BindConfiguration(AccessOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddDbContextPool<AccessContext>((provider, context) => context.UseNpgsql(provider.GetRequiredService<NpgsqlDataSource>()));
        services.AddIdentityCore<User>(identity =>
        {
            identity.Password.RequiredLength = ShortestPassword;
            identity.Password.RequireDigit = identity.Password.RequireUppercase = identity.Password.RequireLowercase = identity.Password.RequireNonAlphanumeric = false;
            identity.Stores.SchemaVersion = IdentitySchemaVersions.Version3; // with passkeys
        }).AddEntityFrameworkStores<AccessContext>();
        services.AddSingleton<Credentials>();
        services.AddSingleton<IDatabaseSeed, FirstAdministrator>();
        services.AddSingleton<IAuthorizationMiddlewareResultHandler, AuditedRefusals>();
        services.AddScopePolicies();
        services.AddSingleton<SignInGuard>();
        services.AddSingleton<SecondFactors>();
        services.AddSingleton<Passkeys>();
        services.AddScoped<SignIns>();
        services.AddScoped<IPasskeyHandler<User>, PasskeyHandler<User>>();
        services.AddOptions<IdentityPasskeyOptions>().Configure<IOptions<AccessOptions>>((passkeys, access) => Passkeys.Configure(passkeys, access.Value.PasskeyOrigins));

        // Each address for itself: whoever floods the core waits alone.
        services.AddRateLimiter(limiter => limiter.AddPolicy(SignInLimit, http => RateLimitPartition.GetTokenBucketLimiter(SignInGuard.AddressOf(http), _ => new TokenBucketRateLimiterOptions
        {
            TokenLimit = SignInsASecond,
            TokensPerPeriod = SignInsASecond,
            ReplenishmentPeriod = TimeSpan.FromSeconds(1),
            QueueLimit = SignInsASecond,
        })));
        services.Configure<RateLimiterOptions>(limiter => limiter.RejectionStatusCode = StatusCodes.Status429TooManyRequests);

        var authentication = services.AddAuthentication(ApiScheme.Name)
            .AddScheme<AuthenticationSchemeOptions, TokenAuthentication>(TokenAuthentication.Name, null);
        var openId = configuration.GetSection(AccessOptions.Section).GetSection(nameof(AccessOptions.OpenId)).Get<OpenIdOptions>();
        if (openId is not null)
        {
            authentication.AddJwtBearer(jwt => OpenIdTokens.Configure(jwt, openId));
        }

        // A token of three parts is an identity provider's; ours have no dots.
        authentication.AddPolicyScheme(ApiScheme.Name, null, o => o.ForwardDefaultSelector = context =>
            openId is not null && TokenAuthentication.TokenOf(context.Request)?.Count(c => c == '.') == 2 ? JwtBearerDefaults.AuthenticationScheme : TokenAuthentication.Name);
        return services;
    }

    public static IEndpointRouteBuilder MapAccess(this IEndpointRouteBuilder app) => app.MapSignIn().MapSecondFactor().MapPasskeys().MapUsers().MapStationGroups().MapApiKeys();
}

using System.Net.Http.Headers;
using System.Security.Claims;
using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Core;

namespace SmartCity.Web.Access;

/// <summary>The cookie, sign-out, and the way to an identity provider.</summary>
internal static class SignInEndpoints
{
    public const string OpenIdScheme = "openid";

    private static readonly TimeSpan Longest = TimeSpan.FromHours(12);

    public static IServiceCollection AddConsoleAccess(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddOptions<ConsoleOptions>().BindConfiguration(ConsoleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<TraceOptions>().BindConfiguration(TraceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddHttpContextAccessor();
        services.AddCascadingAuthenticationState();
        services.AddScoped<SignedInUser>();
        var options = configuration.GetSection(ConsoleOptions.Section).Get<ConsoleOptions>() ?? new ConsoleOptions();
        var keys = services.AddDataProtection().SetApplicationName("smartcity-console");
        if (options.KeysPath is { } path)
        {
            keys.PersistKeysToFileSystem(new DirectoryInfo(path));
        }

        var authentication = services.AddAuthentication(CookieAuthenticationDefaults.AuthenticationScheme).AddCookie(cookie =>
        {
            cookie.Cookie.Name = "smartcity";
            cookie.Cookie.HttpOnly = true;
            cookie.Cookie.SameSite = SameSiteMode.Lax;
            cookie.ExpireTimeSpan = Longest;
            cookie.SlidingExpiration = false;
            cookie.LoginPath = "/sign-in";
            cookie.AccessDeniedPath = "/not-yours";
            cookie.ReturnUrlParameter = "returnUrl";
        });
        if (options.OpenId is { } provider)
        {
            authentication.AddOpenIdConnect(OpenIdScheme, openId => Configure(openId, provider));
        }

        return services;
    }

    public static IEndpointRouteBuilder MapConsoleAccess(this IEndpointRouteBuilder app)
    {
        app.MapPost("/sign-out", SignOutAsync);
        app.MapPost("/sign-in/passkey", PasskeyAsync).AllowAnonymous();
        if (app.ServiceProvider.GetRequiredService<IOptions<ConsoleOptions>>().Value.OpenId is not null)
        {
            app.MapGet("/sign-in/openid", (string? returnUrl) => TypedResults.Challenge(new AuthenticationProperties { RedirectUri = Local(returnUrl) }, [OpenIdScheme])).AllowAnonymous();
        }

        return app;
    }

    /// <summary>Signs a browser in with a session of the core.</summary>
    public static Task SignInAsync(HttpContext context, Contracts.Api.Session session) => context.SignInAsync(
        CookieAuthenticationDefaults.AuthenticationScheme,
        SignedInUser.Principal(session.Token, session.Account, CookieAuthenticationDefaults.AuthenticationScheme),
        new AuthenticationProperties { ExpiresUtc = session.ExpiresAt, IsPersistent = false });

    /// <summary>Where to go after signing in: never to another site.</summary>
    public static string Local(string? returnUrl) => returnUrl is ['/', ..] and not ['/', '/' or '\\', ..] ? returnUrl : "/";

    private static async Task<IResult> SignOutAsync(HttpContext context, IAntiforgery antiforgery, CoreClient core, ILogger<CoreClient> logger)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return TypedResults.BadRequest();
        }

        try
        {
            await core.SignOutAsync(context.RequestAborted);
        }
        catch (HttpRequestException e)
        {
            // The browser is signed out in any case; the core's session ends by itself.
            logger.LogWarning("The core could not be told of a sign-out: {Error}", e.Message);
        }

        await context.SignOutAsync(CookieAuthenticationDefaults.AuthenticationScheme);
        return TypedResults.LocalRedirect("/sign-in");
    }

    // What the sign-in page's script has the browser sign.
    private static async Task<IResult> PasskeyAsync(HttpContext context, IOptions<ConsoleOptions> options, CancellationToken cancellationToken)
    {
        try
        {
            return TypedResults.Ok(await CoreClient.For(context.RequestServices, () => ValueTask.FromResult<string?>(options.Value.CoreKey)).AskForPasskeyAsync(AddressOf(context), cancellationToken));
        }
        catch (HttpRequestException e)
        {
            return TypedResults.Problem(Wording.Failure(e), statusCode: StatusCodes.Status502BadGateway);
        }
    }

    /// <summary>Whence a browser comes.</summary>
    public static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress?.ToString() ?? "unknown";

    /// <summary>The console's address as the browser has it: scheme, host and port.</summary>
    public static string OriginOf(HttpContext context) => $"{context.Request.Scheme}://{context.Request.Host}";

    private static void Configure(OpenIdConnectOptions openId, OpenIdClient provider)
    {
        openId.SignInScheme = CookieAuthenticationDefaults.AuthenticationScheme;
        openId.Authority = provider.Authority;
        openId.ClientId = provider.ClientId;
        openId.ClientSecret = provider.ClientSecret;
        openId.RequireHttpsMetadata = provider.RequireHttps;
        openId.ResponseType = "code";
        openId.MapInboundClaims = false;
        openId.UseTokenLifetime = true;
        foreach (var scope in provider.Scopes)
        {
            openId.Scope.Add(scope);
        }

        // What somebody may do is the core's to say, of the token that it will be sent.
        openId.Events.OnTokenValidated = async context =>
        {
            var token = context.TokenEndpointResponse?.AccessToken ?? throw new AuthenticationFailureException("The identity provider gave no access token.");
            var core = CoreClient.For(context.HttpContext.RequestServices, () => ValueTask.FromResult<string?>(token));
            context.Principal = SignedInUser.Principal(token, await core.AccountAsync(context.HttpContext.RequestAborted), context.Scheme.Name);
        };
    }
}

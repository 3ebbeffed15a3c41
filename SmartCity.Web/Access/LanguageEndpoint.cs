using Microsoft.AspNetCore.Antiforgery;
using Microsoft.AspNetCore.Localization;
using Microsoft.Extensions.Options;
using SmartCity.Web.Languages;

namespace SmartCity.Web.Access;

/// <summary>Which language a browser is answered in: the one that was chosen there, else the first of the browser's own that the console speaks, else the setting's.</summary>
internal static class LanguageEndpoint
{
    private static readonly TimeSpan Remembered = TimeSpan.FromDays(365);

    // What programs and cameras are answered is the same for all of them.
    private static readonly string[] Elsewhere = ["/api", "/cameras", "/iceberg", "/openapi"];

    public static IApplicationBuilder UseReadersLanguage(this IApplicationBuilder app)
    {
        var cultures = Language.All.Select(Language.CultureOf).ToList();
        var options = new RequestLocalizationOptions
        {
            DefaultRequestCulture = new RequestCulture(Language.CultureOf(app.ApplicationServices.GetRequiredService<IOptions<ConsoleOptions>>().Value.Language)),
            SupportedCultures = cultures,
            SupportedUICultures = cultures,
            RequestCultureProviders = [new CookieRequestCultureProvider(), new BrowsersLanguage()],
        };
        return app.UseWhen(context => !Array.Exists(Elsewhere, path => context.Request.Path.StartsWithSegments(path, StringComparison.Ordinal)), console => console.UseRequestLocalization(options));
    }

    public static void MapLanguage(this IEndpointRouteBuilder app) => app.MapPost("/language", ChooseAsync).AllowAnonymous();

    private static async Task<IResult> ChooseAsync(HttpContext context, IAntiforgery antiforgery)
    {
        if (!await antiforgery.IsRequestValidAsync(context))
        {
            return TypedResults.BadRequest();
        }

        var form = await context.Request.ReadFormAsync(context.RequestAborted);
        if (!Language.All.Contains(form["language"].ToString()))
        {
            return TypedResults.BadRequest();
        }

        context.Response.Cookies.Append(
            CookieRequestCultureProvider.DefaultCookieName,
            CookieRequestCultureProvider.MakeCookieValue(new RequestCulture(Language.CultureOf(form["language"]!))),
            new CookieOptions { HttpOnly = true, IsEssential = true, MaxAge = Remembered, SameSite = SameSiteMode.Lax, Secure = context.Request.IsHttps });
        return TypedResults.LocalRedirect(SignInEndpoints.Local(form["returnUrl"]));
    }

    // By language alone: whoever asks for American or Swiss gets what there is of English or German.
    private sealed class BrowsersLanguage : RequestCultureProvider
    {
        public override Task<ProviderCultureResult?> DetermineProviderCultureResult(HttpContext httpContext)
        {
            var wanted = httpContext.Request.GetTypedHeaders().AcceptLanguage
                .Where(l => l.Quality != 0)
                .OrderByDescending(l => l.Quality ?? 1)
                .Select(l => l.Value.ToString().Split('-')[0].ToLowerInvariant())
                .FirstOrDefault(Language.All.Contains);
            return Task.FromResult(wanted is null ? null : new ProviderCultureResult(Language.CultureOf(wanted).Name));
        }
    }
}

using Microsoft.AspNetCore.Http.HttpResults;
using SmartCity.Web.Components;

namespace SmartCity.Web.Access;

/// <summary>A browser that asks for an address that nothing answers is shown a page that says so, with status 404.</summary>
internal static class UnknownAddresses
{
    public static IApplicationBuilder UseUnknownAddresses(this IApplicationBuilder app) => app.Use(async (context, next) =>
    {
        await next(context);
        if (context is { Response: { StatusCode: StatusCodes.Status404NotFound, HasStarted: false, ContentType: null, ContentLength: null } } && context.GetEndpoint() is null && WantsPage(context.Request))
        {
            await new RazorComponentResult<UnknownAddress> { StatusCode = StatusCodes.Status404NotFound }.ExecuteAsync(context);
        }
    });

    private static bool WantsPage(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) && request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase);
}

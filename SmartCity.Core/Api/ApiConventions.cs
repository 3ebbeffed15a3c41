using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Access;

namespace SmartCity.Core.Api;

/// <summary>What all of <c>/api</c> has in common: OpenAPI document, problem details for every error, times in UTC with milliseconds.</summary>
internal static class ApiConventions
{
    private const string RetryAfterSeconds = "2";

    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddOpenApi();
        services.AddProblemDetails();
        services.ConfigureHttpJsonOptions(o => o.SerializerOptions.Converters.Add(new UtcMillisecondsConverter()));
        return services;
    }

    public static IEndpointRouteBuilder MapApi(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().RequireAuthorization(SignedIn.Policy);
        if (app is IApplicationBuilder pipeline)
        {
            pipeline.UseWhen(
                context => context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal),
                api => api
                    .UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = Status })
                    .UseStatusCodePages()
                    .Use(WhenReadyAsync));
            pipeline.UseAuthentication();
            pipeline.UseAuthorization();
            pipeline.UseRateLimiter();
        }

        return app;
    }

    // Before the schema exists, every query would fail with an error that explains nothing.
    private static async Task WhenReadyAsync(HttpContext context, RequestDelegate next)
    {
        if (context.RequestServices.GetRequiredService<DatabaseStartup>().Ready.IsCompletedSuccessfully)
        {
            await next(context);
            return;
        }

        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        await TypedResults.Problem("The core is starting: its database is not ready yet.", statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }

    private static int Status(Exception e) => e switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        NpgsqlException and not PostgresException => StatusCodes.Status503ServiceUnavailable,
        PostgresException { IsTransient: true } => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}

using System.Collections;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Access;

namespace SmartCity.Core.Api;

/// <summary>What all of <c>/api</c> has in common: OpenAPI document, problem details for every error, times in UTC with milliseconds.</summary>
internal static class ApiConventions
{
    private const string RetryAfterSeconds = "2";

    // In the items of a request that goes on while Postgres does not answer.
    private const string NeedsNoPostgres = "needs no Postgres";

    public static IServiceCollection AddApi(this IServiceCollection services)
    {
        services.AddOpenApi(o => o.AddOperationTransformer(QueryHeaders.DocumentAsync));
        services.AddProblemDetails();
        services.AddExceptionHandler<UnreadableRequests>();
        services.Configure<RouteHandlerOptions>(o => o.ThrowOnBadRequest = true);
        services.ConfigureHttpJsonOptions(o =>
        {
            o.SerializerOptions.Converters.Add(new UtcMillisecondsConverter());
            o.SerializerOptions.Converters.Add(new StorableTextConverter());

            // Bodies with null where something must be are refused; answers are written as they are.
            o.SerializerOptions.RespectNullableAnnotations = true;
            o.SerializerOptions.TypeInfoResolver = (o.SerializerOptions.TypeInfoResolver ?? new DefaultJsonTypeInfoResolver()).WithAddedModifier(WriteNulls).WithAddedModifier(RefuseNullElements);
        });
        return services;
    }

    public static IEndpointRouteBuilder MapApi(this IEndpointRouteBuilder app)
    {
        app.MapOpenApi().RequireAuthorization(SignedIn.Policy);
        if (app is IApplicationBuilder pipeline)
        {
            pipeline.UseWhen(
                context => AnswersCallers(context.Request.Path),
                api => api
                    .UseExceptionHandler(new ExceptionHandlerOptions { StatusCodeSelector = Status })
                    .UseStatusCodePages()
                    .Use(QueryHeaders.ReadAsync)
                    .Use(StorableTextConverter.CheckAddressAsync)
                    .Use(WhenReadyAsync));
            pipeline.UseAuthentication();
            pipeline.UseAuthorization();
            pipeline.Use(WithoutPostgresAsync);
            pipeline.UseRateLimiter();
        }

        return app;
    }

    // The lake's catalogue and the document of the routes ask the database who calls, as the API does.
    private static bool AnswersCallers(PathString path) =>
        path.StartsWithSegments("/api", StringComparison.Ordinal) || path.StartsWithSegments("/iceberg", StringComparison.Ordinal) || path.StartsWithSegments("/openapi", StringComparison.Ordinal);

    private static void WriteNulls(JsonTypeInfo type)
    {
        foreach (var property in type.Properties.Where(p => p.Get is not null && !p.PropertyType.IsValueType))
        {
            property.IsGetNullable = true;
        }
    }

    // Of a list whose elements must be something, the serializer itself lets null through.
    private static void RefuseNullElements(JsonTypeInfo type)
    {
        if (type.Kind != JsonTypeInfoKind.Object)
        {
            return;
        }

        var nullability = new NullabilityInfoContext();
        var lists = type.Properties
            .Where(p => p.Get is not null && p.PropertyType != typeof(string) && p.PropertyType.IsAssignableTo(typeof(IEnumerable)) && !p.PropertyType.IsAssignableTo(typeof(IDictionary)))
            .Where(p => p.AttributeProvider is PropertyInfo property && nullability.Create(property) is var info && (info.ElementType ?? info.GenericTypeArguments.FirstOrDefault()) is { Type.IsValueType: false, ReadState: NullabilityState.NotNull })
            .Select(p => (p.Name, Get: p.Get!)).ToList();
        if (lists.Count > 0)
        {
            type.OnDeserialized = body =>
            {
                foreach (var (name, get) in lists)
                {
                    if (get(body) is IEnumerable elements && elements.Cast<object?>().Contains(null))
                    {
                        throw new BodyFaultException($"has null among the elements of {name}. Leave it out.");
                    }
                }
            };
        }
    }

    // Before the schema exists, every query would fail with an error that explains nothing; without Postgres, many would hang.
    private static async Task WhenReadyAsync(HttpContext context, RequestDelegate next)
    {
        var (startup, watch) = (context.RequestServices.GetRequiredService<DatabaseStartup>(), context.RequestServices.GetRequiredService<DatabaseWatch>());
        if (!startup.Ready.IsCompletedSuccessfully)
        {
            await RefuseAsync(context, startup.Trouble is { } trouble ? $"The core cannot work with its database: {trouble}" : "The core is starting: its database is not ready yet.");
            return;
        }

        if (watch.Away is { } away && context.GetEndpoint()?.Metadata.GetMetadata<AnswersWithoutPostgres>() is null)
        {
            await RefuseAsync(context, away);
            return;
        }

        var gone = watch.Gone;
        var answering = next(context);
        try
        {
            await answering.WaitAsync(gone);
        }
        catch (OperationCanceledException) when (gone.IsCancellationRequested && !answering.IsCompleted)
        {
            if (!context.Response.HasStarted && !context.Items.ContainsKey(NeedsNoPostgres))
            {
                if (HttpProtocol.IsHttp11(context.Request.Protocol))
                {
                    context.Response.Headers.Connection = "close"; // the next call on it would wait for this one
                }

                await RefuseAsync(context, watch.Away ?? "Postgres did not answer for a while.");
                await context.Response.CompleteAsync();
                // Whoever asked has the answer. The call hangs in its query, and has the context until that ends; to cancel the query would hang as well.
                await answering.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            await answering;
        }
    }

    // Who asks is known; from here on such an endpoint needs no Postgres.
    private static Task WithoutPostgresAsync(HttpContext context, RequestDelegate next)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<AnswersWithoutPostgres>() is not null)
        {
            context.Items[NeedsNoPostgres] = true;
        }

        return next(context);
    }

    private static Task RefuseAsync(HttpContext context, string detail)
    {
        context.Response.Headers.RetryAfter = RetryAfterSeconds;
        return TypedResults.Problem(detail, statusCode: StatusCodes.Status503ServiceUnavailable).ExecuteAsync(context);
    }

    private static int Status(Exception e) => e switch
    {
        BadHttpRequestException bad => bad.StatusCode,
        _ when PostgresFaults.IsPassing(e) => StatusCodes.Status503ServiceUnavailable,
        _ => StatusCodes.Status500InternalServerError,
    };
}

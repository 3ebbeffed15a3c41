using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Access;
using SmartCity.Core.Api;
using SmartCity.Core.Charges;
using SmartCity.Core.Database;

namespace SmartCity.Core.Live;

internal static class LiveEndpoints
{
    private const int UsualMinutes = 15;

    public static IServiceCollection AddLive(this IServiceCollection services) => services.AddLiveOptions().AddSingleton<LiveFeed>().AddSingleton<LiveBatches>().AddSingleton<StreamRights>().AddSingleton<LivePublisher>().AddSingleton<LiveSummaries>()
        .AddSingleton<LiveTail>().AddHostedService(provider => provider.GetRequiredService<LiveTail>());

    private static IServiceCollection AddLiveOptions(this IServiceCollection services)
    {
        services.AddOptions<LiveOptions>().BindConfiguration(LiveOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services;
    }

    public static IEndpointRouteBuilder MapLive(this IEndpointRouteBuilder app)
    {
        var live = app.MapGroup("/api").WithTags("Live").RequireAuthorization(Scope.LiveRead).ForLimited();
        live.MapGet("live", Live).WithMetadata(new AnswersWithoutPostgres()).WithSummary("Sightings as they happen, and with their scopes alerts and charges (server-sent events, each a LiveEvent)");
        live.MapGet("live/summary", SummaryAsync).WithSummary("Today so far: charges, vehicles, alerts, and stations with their state, busiest first; at most two seconds old");
        live.MapGet("flow", FlowAsync).WithSummary("Sightings of a day by station, in equal steps; today if no day is given").ProducesProblem(StatusCodes.Status400BadRequest);
        return app;
    }

    private static async Task<Ok<LiveSummary>> SummaryAsync(ClaimsPrincipal user, LiveSummaries summaries, CancellationToken cancellationToken) => TypedResults.Ok(await summaries.GetAsync(StationLimit.Of(user), cancellationToken));

    private static async Task<Results<Ok<FlowView>, ProblemHttpResult>> FlowAsync(
        ClaimsPrincipal user, NpgsqlDataSource dataSource, ChargingCity city, TimeProvider time, CancellationToken cancellationToken, DateOnly? day = null, int minutes = UsualMinutes)
    {
        if (minutes is < 5 or > 60 || 60 % minutes != 0 || minutes % (int)StationFlow.Step.TotalMinutes != 0)
        {
            return Paging.Problem($"minutes is {minutes}; it must be 5, 10, 15, 20, 30 or 60.");
        }

        var of = day ?? city.Today(time);
        return of.Year < 2000
            ? Paging.Problem("day must not be before the year 2000.")
            : TypedResults.Ok(await StationFlow.OfDayAsync(dataSource, city, of, TimeSpan.FromMinutes(minutes), StationLimit.Of(user), cancellationToken));
    }

    private static ServerSentEventsResult<byte[]> Live(LiveFeed feed, StreamRights rights, HttpContext http, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
        TypedResults.ServerSentEvents(Items(feed, rights, http, lifetime.ApplicationStopping, cancellationToken));

    private static async IAsyncEnumerable<SseItem<byte[]>> Items(LiveFeed feed, StreamRights rights, HttpContext http, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // An empty first event: a client knows that it is connected before anything happens. Further ones say that it still is.
        var open = false;
        var watch = rights.Begin();
        var (alerts, charges, limited) = (http.User.HasClaim(Scope.Claim, Scope.AlertsRead), http.User.HasClaim(Scope.Claim, Scope.ChargesRead), StationLimit.Of(http.User) is not null);
        await foreach (var e in feed.SubscribeAsync(stopping, cancellationToken))
        {
            if (!await watch.HoldsAsync(http, cancellationToken))
            {
                yield break;
            }

            if (e is null)
            {
                yield return new SseItem<byte[]>("{}"u8.ToArray(), open ? "alive" : "open");
                open = true;
            }
            else if (e.StationId is var station && StationLimit.Allows(http.User, station) && e.Json(alerts, charges, limited) is { } shown)
            {
                yield return new SseItem<byte[]>(shown, e.Kind);
                open = true;
            }
        }
    }
}

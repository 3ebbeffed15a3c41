using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Security.Claims;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using SmartCity.Contracts.Api;
using SmartCity.Core.Vehicles;

namespace SmartCity.Core.Live;

internal static class LiveEndpoints
{
    public static IServiceCollection AddLive(this IServiceCollection services) => services.AddSingleton<LiveFeed>().AddSingleton<LivePublisher>();

    public static IEndpointRouteBuilder MapLive(this IEndpointRouteBuilder app)
    {
        app.MapGet("/api/live", Live).WithTags("Live").WithSummary("Sightings, alerts and charges as they happen (server-sent events)").RequireAuthorization(Scope.LiveRead);
        return app;
    }

    private static ServerSentEventsResult<LiveEvent> Live(LiveFeed feed, ClaimsPrincipal user, IHostApplicationLifetime lifetime, CancellationToken cancellationToken) =>
        TypedResults.ServerSentEvents(Items(feed, user, lifetime.ApplicationStopping, cancellationToken));

    private static async IAsyncEnumerable<SseItem<LiveEvent>> Items(LiveFeed feed, ClaimsPrincipal user, CancellationToken stopping, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        // An empty first event: a client knows that it is connected before anything happens.
        yield return new SseItem<LiveEvent>(new LiveEvent(), "open");
        await foreach (var e in feed.SubscribeAsync(stopping, cancellationToken))
        {
            yield return new SseItem<LiveEvent>(e.Sighting is { } sighting ? e with { Sighting = Keepers.For(user, sighting) } : e, e.Alert is not null ? "alert" : e.Charge is not null ? "charge" : "sighting");
        }
    }
}

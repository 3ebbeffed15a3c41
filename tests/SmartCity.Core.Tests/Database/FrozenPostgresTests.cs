using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Core.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Database;

/// <summary>A Postgres that takes connections and says nothing any more.</summary>
public class FrozenPostgresTests
{
    // Five seconds where nothing else wants the processor. After 30 s the database client gives a statement up by itself.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Every_route_that_needs_Postgres_says_soon_that_it_does_not_answer()
    {
        var server = new PostgresServer();
        await server.InitializeAsync();
        var core = new CoreHost(server) { IsPatient = false };
        await core.InitializeAsync();
        try
        {
            string[] routes =
            [
                .. core.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                    .Where(e => (e.RoutePattern.RawText!.StartsWith("/api", StringComparison.Ordinal) || e.RoutePattern.RawText!.StartsWith("/iceberg", StringComparison.Ordinal)) && e.RoutePattern.Parameters.Count == 0
                        && e.Metadata.GetMetadata<HttpMethodMetadata>()!.HttpMethods.Contains("GET") && e.Metadata.GetMetadata<AnswersWithoutPostgres>() is null)
                    .Select(e => e.RoutePattern.RawText!),
            ];
            Assert.True(routes.Length > 20, string.Join(' ', routes));
            await Task.WhenAll(routes.Select(route => AskAsync(core, route))); // connections that are open when Postgres freezes

            await server.FreezeAsync();
            var atOnce = await Task.WhenAll(routes.Select(route => AskAsync(core, route)));
            var after = await Task.WhenAll(routes.Select(route => AskAsync(core, route)));

            Assert.All(atOnce, a => Assert.NotEqual((a.Route, default), (a.Route, a.Status)));
            var hung = atOnce.Where(a => a.Status == HttpStatusCode.ServiceUnavailable).ToList(); // others were wrong, or need no Postgres
            Assert.True(hung.Count > 20, string.Join(' ', atOnce.Select(a => $"{a.Route} {(int)a.Status}")));
            Assert.All(after, a => Assert.Equal((a.Route, HttpStatusCode.ServiceUnavailable), (a.Route, a.Status)));
            Assert.All(hung.Concat(after), a => Assert.Contains("Postgres", a.Body, StringComparison.Ordinal));
            TestContext.Current.TestOutputHelper?.WriteLine($"{routes.Length} routes, {hung.Count} of which hung; the slowest answer took {hung.Max(a => a.Took).TotalSeconds:0.00} s, and afterwards {after.Max(a => a.Took).TotalSeconds:0.00} s.");
            var (_, ready, body, _) = await AskAsync(core, "/health/ready");
            Assert.Equal(HttpStatusCode.ServiceUnavailable, ready);
            Assert.Contains("\nPostgreSql: Unhealthy: Postgres has not answered for 2.5 s.", body, StringComparison.Ordinal);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(core, "/health/live")).Status);
            Assert.Equal(HttpStatusCode.OK, (await AskAsync(core, "/api/ops")).Status);

            await server.ThawAsync();
            await CoreHost.UntilAsync(async () => (await AskAsync(core, "/health/ready")).Status == HttpStatusCode.OK && (await AskAsync(core, "/api/stations")).Status == HttpStatusCode.OK, "all is well again");
        }
        finally
        {
            await server.ThawAsync();
            await core.DisposeAsync();
            await server.DisposeAsync();
        }
    }

    private static async Task<(string Route, HttpStatusCode Status, string Body, TimeSpan Took)> AskAsync(CoreHost core, string route)
    {
        var started = Stopwatch.GetTimestamp();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Token);
        patience.CancelAfter(Patience);
        try
        {
            using var answer = await core.Http.GetAsync(new Uri(route, UriKind.Relative), patience.Token);
            return (route, answer.StatusCode, await answer.Content.ReadAsStringAsync(patience.Token), Stopwatch.GetElapsedTime(started));
        }
        catch (OperationCanceledException) when (!Token.IsCancellationRequested)
        {
            return (route, default, $"no answer within {Patience.TotalSeconds} s", Patience);
        }
    }
}

using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Time.Testing;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Tests.Hosting;

/// <summary>What <c>/health/ready</c> says of workers.</summary>
public class ReadinessTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Worker = "a worker of the tests";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_worker_that_is_in_trouble_is_named_with_the_reason()
    {
        var health = core.Services.GetRequiredService<WorkerHealth>();
        await CoreHost.UntilAsync(async () => (await ReadyAsync()).Status == HttpStatusCode.OK, "the core is ready");

        health.Degraded(Worker, "Its disk is\nslow.");
        (HttpStatusCode Status, string[] Lines) degraded = (default, []);
        await CoreHost.UntilAsync(async () => (degraded = await ReadyAsync()) is { Status: HttpStatusCode.OK, Lines: ["Degraded", ..] }, "one that is degraded leaves the core ready"); // another may be in trouble for a moment
        health.Failed(Worker, "Its disk is broken.");
        var failed = await ReadyAsync();
        using var live = await core.Http.GetAsync(new Uri("/health/live", UriKind.Relative), Token);
        health.Healthy(Worker);

        Assert.Contains($"{Worker}: Degraded: Its disk is slow.", degraded.Lines);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "Unhealthy"), (failed.Status, failed.Lines[0]));
        Assert.Contains($"{Worker}: Failed: Its disk is broken.", failed.Lines);
        Assert.Equal(HttpStatusCode.OK, live.StatusCode);
        Assert.DoesNotContain((await ReadyAsync()).Lines, l => l.StartsWith(Worker, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_worker_that_has_said_nothing_for_too_long_has_failed()
    {
        var time = new FakeTimeProvider();
        var health = new WorkerHealth(time);
        health.Expect(Worker, TimeSpan.FromMinutes(1));
        health.Healthy(Worker);
        time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new HealthCheckContext(), Token)).Status);

        time.Advance(TimeSpan.FromSeconds(2));
        var dead = await health.CheckHealthAsync(new HealthCheckContext(), Token);

        Assert.Equal(HealthStatus.Unhealthy, dead.Status);
        Assert.Contains("It has said nothing for 61 s: it hangs or has ended.", dead.Description, StringComparison.Ordinal);
        health.Healthy(Worker);
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(new HealthCheckContext(), Token)).Status);
    }

    private async Task<(HttpStatusCode Status, string[] Lines)> ReadyAsync()
    {
        using var answer = await core.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Token);
        return (answer.StatusCode, (await answer.Content.ReadAsStringAsync(Token)).Split('\n'));
    }
}

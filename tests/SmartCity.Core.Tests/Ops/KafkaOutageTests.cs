using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Ops;

/// <summary>A broker that ends and comes back.</summary>
public class KafkaOutageTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Kafka_is_shown_as_failed_while_it_is_away_and_healthy_when_it_is_back()
    {
        await CoreHost.UntilAsync(async () => (await KafkaAsync()).Node.State == "healthy", "Kafka is measured");

        core.Broker.GoDown();
        await CoreHost.UntilAsync(async () => (await KafkaAsync()).Node is { State: "failed", Problems.Count: > 0 }, "Kafka is shown as failed", 60);

        core.Broker.ComeUp();
        await CoreHost.UntilAsync(async () => (await KafkaAsync()).Node.State == "healthy", "Kafka is shown as healthy", 60);
        var sighting = Sighting("BACK1", TimeProvider.System.GetUtcNow(), "london-a1");
        await core.SendAsync(sighting);
        await CoreHost.UntilAsync(async () => (await core.Http.GetAsync(new Uri($"/api/sightings/{sighting.Id}", UriKind.Relative), Token)).IsSuccessStatusCode, "ingest goes on", 60);
    }

    private async Task<KafkaStatus> KafkaAsync() => (await core.Http.GetFromJsonAsync<OpsView>("/api/ops", Token))!.Kafka;
}

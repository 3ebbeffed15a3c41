using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>What the core tells a station's edge of its sightings, and of pictures that come later.</summary>
public class EdgeSightingsTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Now = EdgeSightings.StretchOf(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_edge_is_told_how_many_of_each_five_minutes_there_are_and_which_are_not()
    {
        var (one, two, later, lost) = (Sighting("EC01AAA", Now.AddSeconds(-600), "london-a4"), Sighting("EC01AAB", Now.AddSeconds(-301), "london-a4"), Sighting("EC01AAC", Now.AddSeconds(-300), "london-a4"), Sighting("EC01AAD", Now.AddSeconds(-400), "london-a4"));
        var dead = Sighting("EC01AAE", Now.AddDays(30), "london-a4");
        var sentAt = Now.AddMinutes(-1);
        foreach (var sighting in (Sighting[])[one, two, later, dead])
        {
            await core.SendAsync(sighting, new Headers { { RecordHeaders.SentAt, Encoding.ASCII.GetBytes(sentAt.ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture)) } });
        }

        await CoreHost.UntilAsync(async () => (await CountAsync()).Stretches.Sum(s => s.Count) == 3 && (await core.Http.GetFromJsonAsync<Page<DeadLetterView>>("/api/dead-letters?topic=london-a4.sightings", Token))!.Items.Count == 1, "all were read");

        var answer = await CountAsync();
        Assert.Equal([new StretchCount(Now.AddMinutes(-10), 2), new StretchCount(Now.AddMinutes(-5), 1)], answer.Stretches);
        Assert.Equal(sentAt, answer.SentTo);
        var asked = new EdgeSightingsAsked(Now.AddMinutes(-10), Now.AddMinutes(5), [one.Id, two.Id, later.Id, lost.Id, dead.Id]);
        using var missing = await core.Http.PostAsJsonAsync("/api/edge/sightings/missing?station=london-a4", asked, ContractsJson.Default.EdgeSightingsAsked, Token);
        Assert.Equal([lost.Id], (await missing.Content.ReadFromJsonAsync(ContractsJson.Default.EdgeSightingsMissing, Token))!.Ids);
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_station_asks_for_its_own_alone()
    {
        var key = await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey("edge a4", [Scope.EdgeConfig], Stations: ["london-a4"]), Token);
        using var edge = Caller.With(core, (await Caller.ReadAsync<ApiKeyCreated>(key)).Token);

        using var own = await edge.Http.GetAsync(Address("london-a4"), Token);
        using var other = await edge.Http.GetAsync(Address("london-a3"), Token);
        using var others = await edge.Http.PostAsJsonAsync("/api/edge/sightings/missing?station=london-a3", new EdgeSightingsAsked(Now, Now.AddMinutes(5), []), ContractsJson.Default.EdgeSightingsAsked, Token);

        Assert.Equal((HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden), (own.StatusCode, other.StatusCode, others.StatusCode));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task Of_a_picture_that_has_not_come_yet_it_is_said_whether_it_comes(int revision)
    {
        var id = Guid.CreateVersion7(Now);
        var key = Contracts.Sighting.EvidenceKey("london-a1", Now, id, revision);
        await core.SendAsync(Sighting("EC02AAA", Now, "london-a1") with { Id = id, Evidence = key, Revision = revision });
        await CoreHost.UntilAsync(async () => (await core.Http.GetAsync($"/api/sightings/{id}", Token)).IsSuccessStatusCode, "the sighting is stored");
        foreach (var picture in (string[])[key, Contracts.Sighting.PatchKey(key)])
        {
            using var coming = await core.Http.GetAsync($"/api/evidence/{picture}", Token);
            Assert.Equal((HttpStatusCode.NotFound, TimeSpan.FromSeconds(5)), (coming.StatusCode, coming.Headers.RetryAfter?.Delta));
            Assert.Contains("on its way", await coming.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        var objects = core.Services.GetRequiredService<IObjectStore>();
        await objects.PutAsync(Contracts.Sighting.ShedKey(key), default, "text/plain", Token);
        using var shed = await core.Http.GetAsync($"/api/evidence/{key}", Token);
        Assert.Equal(HttpStatusCode.Gone, shed.StatusCode);

        await objects.PutAsync(key, new byte[] { 0xFF, 0xD8 }, "image/jpeg", Token);
        using var come = await core.Http.GetAsync($"/api/evidence/{key}", Token);
        Assert.Equal(HttpStatusCode.OK, come.StatusCode);

        using var unknown = await core.Http.GetAsync($"/api/evidence/{Contracts.Sighting.EvidenceKey("london-a1", Now, Guid.CreateVersion7(Now))}", Token);
        Assert.Equal((HttpStatusCode.NotFound, null), (unknown.StatusCode, unknown.Headers.RetryAfter));
    }

    private static string Address(string station) => string.Create(CultureInfo.InvariantCulture, $"/api/edge/sightings?station={station}&from={Now.AddHours(-1):yyyy-MM-ddTHH:mm:ssZ}&to={Now.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}");

    private async Task<EdgeSightings> CountAsync() => (await core.Http.GetFromJsonAsync(Address("london-a4"), ContractsJson.Default.EdgeSightings, Token))!;
}

using System.Globalization;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Ops;

/// <summary>What an edge says it has published, beside what has arrived.</summary>
public class ArrivalTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Station = "london-a3";

    private static readonly DateTimeOffset Hour = PublishedHour.HourOf(TimeProvider.System.GetUtcNow().AddHours(-2));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_lost_on_the_way_shows_and_is_asked_for_until_it_has_come()
    {
        var sightings = Enumerable.Range(0, 10).Select(i => Sighting($"ARR{i}", Hour.AddMinutes(5 * i), Station)).ToArray();
        var unusable = Sighting("ARRX", Hour.AddMinutes(51), Station) with { Id = Guid.CreateVersion7(Hour.AddMinutes(51)), CameraId = "" };
        await SendAsync(sightings[..8]);
        await SendAsync([unusable]); // it lies among the dead letters, and is not lost
        await CoreHost.UntilAsync(async () => (await StationAsync())?.NewestSighting is not null, "the station is known");

        await BeatAsync(new PublishedHour(Hour, 11, TimeProvider.System.GetUtcNow().AddMinutes(-3)), new PublishedHour(Hour.AddHours(1), 0, TimeProvider.System.GetUtcNow().AddMinutes(-3)));

        await CoreHost.UntilAsync(async () => (await StationAsync())?.Missing == 2, "two are missing");
        var station = (await StationAsync())!;
        Assert.Equal("degraded", station.Mirror.State);
        var sentence = $"2 of 11 sightings that its edge has published have not arrived, captured in the hour from {Hour:yyyy-MM-dd HH:mm} UTC. The edge is asked to send them again.";
        Assert.Contains(sentence, station.Mirror.Problems);
        await CoreHost.UntilAsync(
            async () => (await ReadyAsync()).Split('\n') is ["Degraded", .. var lines] && lines.Any(l => l.StartsWith("arrivals: Degraded: ", StringComparison.Ordinal) && l.Contains($"{Station}: {sentence}", StringComparison.Ordinal)),
            "health says so");
        Assert.Equal([Hour], await AskedAsync());
        Assert.Null(await AskedAsync()); // not again at once

        await SendAsync(sightings[8..]);

        await CoreHost.UntilAsync(async () => (await StationAsync())?.Missing == 0, "nothing is missing");
        await CoreHost.UntilAsync(async () => !(await ReadyAsync()).Contains($"{Station}: ", StringComparison.Ordinal), "health says nothing of it");
        Assert.Null(await AskedAsync());
    }

    [Fact]
    public async Task Numbers_of_one_station_that_cannot_be_stop_no_other()
    {
        const string other = "london-a205";
        await core.Postgres.ExecuteAsync("insert into station_hours (station_id, hour, published, missing) values ('london-a302', $1, 9223372036854775807, 9223372036854775807), ('london-a302', $2, 9223372036854775807, 9223372036854775807)", Hour, Hour.AddHours(-1));
        await SendAsync([Sighting("HUGE1", Hour, other)], other);
        await CoreHost.UntilAsync(async () => (await StationAsync(other))?.NewestSighting is not null, "the station is known");
        var ahead = PublishedHour.HourOf(TimeProvider.System.GetUtcNow().AddHours(5));

        await BeatAsync([new PublishedHour(ahead, 7, ahead), new PublishedHour(Hour, 4, TimeProvider.System.GetUtcNow().AddMinutes(-3))], other, Topics.Mirrored(other, Topics.StationHeartbeats));

        await CoreHost.UntilAsync(async () => (await StationAsync(other))?.Missing == 3, "three are missing, and nothing of an hour that has not begun");
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from station_hours where station_id = 'london-a302' or hour > now()"));
    }

    [Fact]
    public async Task What_may_still_be_on_its_way_is_not_missing_and_a_heartbeat_of_another_station_says_nothing()
    {
        const string other = "london-a4";
        await SendAsync([Sighting("ONWAY1", Hour, other)], other);
        await BeatAsync(new PublishedHour(Hour, 50, TimeProvider.System.GetUtcNow()), other);
        await BeatAsync(new PublishedHour(Hour, 70, TimeProvider.System.GetUtcNow().AddMinutes(-3)), other, topic: "london-a10.station-heartbeats");
        await BeatAsync(new PublishedHour(Hour.AddHours(-1), 5, TimeProvider.System.GetUtcNow().AddMinutes(-3)), other); // heard last

        await CoreHost.UntilAsync(async () => (await StationAsync(other))?.Missing == 5, "the third heartbeat counts");
        Assert.Equal(5, (await StationAsync(other))!.Missing);
    }

    private async Task SendAsync(IEnumerable<Contracts.Sighting> sightings, string station = Station)
    {
        foreach (var sighting in sightings)
        {
            var sentAt = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
            await core.SendAsync(sighting with { StationId = station }, new Headers { { RecordHeaders.SentAt, Encoding.ASCII.GetBytes(sentAt) } });
        }
    }

    private Task BeatAsync(params PublishedHour[] hours) => BeatAsync(hours, Station, Topics.Mirrored(Station, Topics.StationHeartbeats));

    private Task BeatAsync(PublishedHour hour, string station, string? topic = null) => BeatAsync([hour], station, topic ?? Topics.Mirrored(station, Topics.StationHeartbeats));

    private Task BeatAsync(PublishedHour[] hours, string station, string topic) => core.SendAsync(
        topic, JsonSerializer.SerializeToUtf8Bytes(new StationHeartbeat { StationId = station, At = TimeProvider.System.GetUtcNow(), Published = hours }, ContractsJson.Default.StationHeartbeat));

    private async Task<StationStatus?> StationAsync(string station = Station) => (await core.Http.GetFromJsonAsync<OpsView>("/api/ops", Token))!.Stations.SingleOrDefault(s => s.StationId == station);

    private async Task<string> ReadyAsync()
    {
        using var answer = await core.Http.GetAsync(new Uri("/health/ready", UriKind.Relative), Token);
        return await answer.Content.ReadAsStringAsync(Token);
    }

    private async Task<IReadOnlyList<DateTimeOffset>?> AskedAsync()
    {
        var address = string.Create(CultureInfo.InvariantCulture, $"/api/edge/sightings?station={Station}&from={Hour:yyyy-MM-ddTHH:mm:ssZ}&to={Hour.AddHours(1):yyyy-MM-ddTHH:mm:ssZ}");
        return (await core.Http.GetFromJsonAsync(address, ContractsJson.Default.EdgeSightings, Token))!.CompareHours;
    }
}

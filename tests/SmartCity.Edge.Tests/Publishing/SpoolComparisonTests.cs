using System.Text.Json;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts;
using SmartCity.Edge.Publishing;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Tests.Publishing;

/// <summary>What a broker has lost between the edge and the core comes from the spool, and nothing else does.</summary>
public sealed class SpoolComparisonTests : IAsyncLifetime
{
    private const int Partitions = 6;
    private const int Count = 3000;

    private readonly TemporaryFolder _folder = new();
    private readonly InProcessBroker _broker = new((Topics.Sightings, Partitions));
    private FakeCore _core = null!;

    public async ValueTask InitializeAsync() => _core = await FakeCore.StartAsync(EdgeTransport.Station);

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _broker.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(true)] // it says that it forgets
    [InlineData(false)] // its offsets begin anew
    public async Task After_a_restart_a_broker_that_has_lost_everything_gets_again_what_the_core_does_not_have_however_old(bool forgets)
    {
        var vehicles = await DeliverAsync();
        var lost = vehicles.Where((_, i) => i % 17 == 3).Select(v => v.Sighting).ToList();
        Have(vehicles.Select(v => v.Sighting).Except(lost));
        using var fresh = new InProcessBroker((Topics.Sightings, Partitions));
        await using var edge = await StartAsync(fresh, forgets ? [("Edge:BrokerPartitionBytes", "5000000")] : []);

        await IsMissing(edge, lost.Count);
        Assert.Equal(lost.Select(s => s.Id).Order(), await ReadAsync(fresh, lost.Count));

        Have(lost);
        await IsMissing(edge, 0);
        var sent = await ReadAsync(fresh, lost.Count);
        Assert.Equal(lost.Select(s => s.Id).Order(), sent);
        TestContext.Current.TestOutputHelper?.WriteLine($"a broker that begins anew: {Count} vehicles in, {Count - lost.Count} sightings at the core; {sent.Count} sent again, {_core.Sightings.Count} at the core");
    }

    [Fact]
    public async Task What_the_core_must_have_passed_by_now_is_sent_again_and_what_is_on_its_way_is_not()
    {
        await using var edge = await StartAsync(_broker);
        var vehicles = (await edge.PublishAsync(0, Count)).ConvertAll(v => v.Sighting);
        var lost = vehicles[100];
        Have(vehicles.Where(s => s != lost && s.CapturedAt < EdgeTransport.Start.AddSeconds(Count - 300)));
        await edge.IsSettled();
        await Eventually.IsTrue(() => edge.Publisher.Spools.Single().AtCore is { Kept: Count, OnTheWay: 301, Missing: 0 }, "nothing is missing yet, for all of it may be on its way");
        Assert.Equal(Count, (await ReadAsync(_broker, Count)).Count);

        Have(vehicles.Where(s => s != lost));
        _core.SentTo = TimeProvider.System.GetUtcNow().AddMinutes(3);
        await IsMissing(edge, 1);
        var all = await ReadAsync(_broker, Count + 1, distinct: false);
        Assert.Equal(2, all.Count(id => id == lost.Id));

        Have([lost]);
        await IsMissing(edge, 0);
    }

    [Fact]
    public async Task What_the_core_asks_for_is_compared_at_once_and_what_it_lacks_is_sent_again()
    {
        await using var edge = await StartAsync(_broker);
        var vehicles = (await edge.PublishAsync(0, Count)).ConvertAll(v => v.Sighting);
        Have(vehicles);
        await edge.IsSettled();
        await IsMissing(edge, 0);
        var lost = vehicles[100];
        Assert.True(_core.Sightings.TryRemove(lost.Id, out _)); // a database that was put back, and that this edge has compared before

        _core.CompareHours = [PublishedHour.HourOf(lost.CapturedAt)];

        await IsMissing(edge, 1);
        var all = await ReadAsync(_broker, Count + 1, distinct: false);
        Assert.Equal(2, all.Count(id => id == lost.Id));
        Have([lost]);
        await IsMissing(edge, 0);
    }

    [Fact]
    public async Task A_correction_that_was_lost_is_sent_again_and_one_that_arrived_is_not()
    {
        var sightings = (await DeliverAsync()).ConvertAll(v => v.Sighting);
        var (arrived, lost) = (sightings[10], sightings[20]);
        await using (var edge = await StartAsync(_broker))
        {
            foreach (var sighting in (Sighting[])[arrived, lost])
            {
                await edge.Publisher.PublishAsync(new ObservedVehicle(sighting with { Revision = 1, Plate = "LR33TEE" }, null, null, default) { Corrects = sighting }, TestContext.Current.CancellationToken);
            }

            await edge.IsSettled();
        }

        Have(sightings);
        _core.Revisions[arrived.Id] = 1;
        using var fresh = new InProcessBroker((Topics.Sightings, Partitions));
        await using var again = await StartAsync(fresh, ("Edge:BrokerPartitionBytes", "5000000"));

        Assert.Equal([lost.Id], await ReadAsync(fresh, 2));
        _core.Revisions[lost.Id] = 1;
        await Eventually.IsTrue(() => again.Publisher.Spools.Single().AtCore is { Kept: Count + 2, OnTheWay: 0, Missing: 0 }, "nothing is missing");
    }

    [Fact]
    public async Task What_lies_among_the_dead_letters_is_not_sent_again()
    {
        var vehicles = await DeliverAsync();
        Have(vehicles.Skip(1).Select(v => v.Sighting));
        _core.DeadLetters[vehicles[0].Sighting.Id] = true;
        using var fresh = new InProcessBroker((Topics.Sightings, Partitions));
        await using var edge = await StartAsync(fresh, ("Edge:BrokerPartitionBytes", "5000000"));

        await IsMissing(edge, 0);
        using var reader = new TopicReader(fresh.BootstrapServers, Topics.Sightings, Partitions);
        Assert.Equal(0, reader.Take());
    }

    [Fact]
    public async Task Without_a_core_to_ask_everything_that_is_kept_is_delivered_again()
    {
        var vehicles = await DeliverAsync();
        using var fresh = new InProcessBroker((Topics.Sightings, Partitions));
        await using var edge = await StartAsync(fresh, ("Edge:Configuration:Address", null));

        Assert.Equal(vehicles.Select(v => v.Sighting.Id).Order(), await ReadAsync(fresh, Count));
    }

    private async Task<List<ObservedVehicle>> DeliverAsync()
    {
        await using var edge = await StartAsync(_broker);
        var vehicles = await edge.PublishAsync(0, Count);
        await edge.IsSettled();
        return vehicles;
    }

    private void Have(IEnumerable<Sighting> sightings)
    {
        foreach (var sighting in sightings)
        {
            _core.Sightings[sighting.Id] = sighting.CapturedAt;
        }
    }

    private static Task IsMissing(EdgeTransport edge, int count) => Eventually.IsTrue(
        () => edge.Publisher.Spools.Single().AtCore is { Kept: Count } known && known.Missing == count
            && edge.Health.Reports.SingleOrDefault(r => r.Name.StartsWith("comparison", StringComparison.Ordinal))?.State == (count > 0 ? WorkerState.Degraded : WorkerState.Healthy),
        $"{count} are missing at the core");

    private static async Task<List<Guid>> ReadAsync(InProcessBroker broker, int atLeast, bool distinct = true)
    {
        using var reader = new TopicReader(broker.BootstrapServers, Topics.Sightings, Partitions);
        await Eventually.IsTrue(() => reader.Take() >= atLeast, $"{atLeast} records arrived");
        var ids = reader.Records.ConvertAll(r => JsonSerializer.Deserialize(r.Message.Value, ContractsJson.Default.Sighting)!.Id);
        return distinct ? [.. ids.Distinct().Order()] : ids;
    }

    private Task<EdgeTransport> StartAsync(InProcessBroker broker, params (string Key, string? Value)[] settings)
    {
        var all = new Dictionary<string, string?>
        {
            ["ConnectionStrings:edge-kafka"] = broker.BootstrapServers,
            ["ConnectionStrings:objects"] = _folder["objects"],
            ["Edge:SpoolPath"] = _folder["spool"],
            ["Edge:HeartbeatInterval"] = "00:00:01",
            ["Edge:CompareInterval"] = "00:00:00.200",
            ["Edge:Configuration:Address"] = _core.Address,
            ["Edge:Configuration:Key"] = FakeCore.Key,
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        return EdgeTransport.StartAsync(all);
    }
}

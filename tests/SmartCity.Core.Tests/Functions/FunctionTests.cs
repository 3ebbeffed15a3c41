using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Archive;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Alerts;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Functions;

/// <summary>What the city file wants called when something has happened.</summary>
public sealed class FunctionTests(CoreHost core, FunctionCity city) : IClassFixture<CoreHost>, IClassFixture<FunctionCity>
{
    private static readonly DateTimeOffset Begin = new(2026, 11, 23, 8, 0, 0, TimeSpan.Zero);

    private static readonly string[] Attributes = ["specversion", "source", "id", "partitionkey", "subject"];
    private static readonly string[] Refusing = ["sh", "-c", "echo The plate is torn. >&2; exit 65"];
    private static readonly string[] Nothing = ["true"];
    private static readonly string[] Stored = [CityEvents.SightingStored];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Whatever_a_function_does_nothing_is_lost_each_key_keeps_its_order_and_dead_letters_are_named()
    {
        const int Plates = 5;
        const int Each = 20;
        var done = new ConcurrentQueue<(string Plate, DateTimeOffset At)>();
        var hung = new ConcurrentDictionary<string, bool>();
        var random = new Random(7);
        await using var receiver = await WebhookReceiver.StartAsync();

        // It fails three times out of ten, hangs once at some sightings, and never takes those of lane 9.
        receiver.AnswerTo = async (headers, body) =>
        {
            var sighting = JsonSerializer.Deserialize<SightingView>(body, JsonSerializerOptions.Web)!;
            if (sighting.Lane == 9)
            {
                return 422;
            }

            if (sighting.CapturedAt.Second % 30 == 13 && hung.TryAdd(headers["ce-id"]!, true))
            {
                await Task.Delay(TimeSpan.FromSeconds(3), CancellationToken.None);
                return 204;
            }

            lock (random)
            {
                if (random.NextDouble() < 0.3)
                {
                    return 503;
                }
            }

            done.Enqueue((sighting.Plate!, sighting.CapturedAt));
            return 204;
        };
        await using var running = await city.StartAsync(core, new { name = "bad", on = Stored, url = receiver.Url, timeLimit = "00:00:00.500", attempts = 40, atOnce = 5 });
        var sightings = Enumerable.Range(0, Each).SelectMany(n => Enumerable.Range(0, Plates).Select(p => Sighting($"FN{p}0AAA", Begin.AddSeconds((n * 10) + p)) with { Lane = n % 10 == 7 ? 9 : 1 })).ToList();
        foreach (var batch in sightings.Chunk(25))
        {
            await running.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(batch), [], Token);
        }

        await CoreHost.UntilAsync(async () => (await core.Postgres.ScalarAsync<long>("select count(*) from function_events where function = 'bad' and state = 'waiting'")) == 0, "nothing waits", 180);
        var poison = sightings.Where(s => s.Lane == 9).ToList();
        var letters = (await running.Http.GetFromJsonAsync<List<FunctionDeadLetter>>("/api/functions/dead-letters?function=bad&limit=100", Token))!;
        Assert.Equal(poison.Select(s => s.Id.ToString()).Order(), letters.Select(l => l.Subject).Order());
        Assert.All(letters, l => Assert.Equal(CityEvents.SightingStored, l.Event));
        Assert.All(letters, l => Assert.InRange(l.Attempts, 1, 39)); // once, and again only where the answer took too long
        Assert.All(letters, l => Assert.Contains("answered 422", l.Reason, StringComparison.Ordinal));

        Assert.NotEmpty(hung);
        var first = done.Distinct().ToList();
        Assert.Equal(sightings.Count - poison.Count, first.Count);
        Assert.All(first.GroupBy(d => d.Plate), plate => Assert.Equal(plate.Select(p => p.At).Order(), plate.Select(p => p.At)));

        await CoreHost.UntilAsync(() => Task.FromResult(Report().Contains($"{poison.Count} events were given up", StringComparison.Ordinal)), "health names the dead letters");
        Assert.Equal("bad", (await running.Http.GetFromJsonAsync<List<FunctionView>>("/api/functions", Token))!.Single(f => f.DeadLetters == poison.Count).Name);

        // Mended, it takes them.
        receiver.AnswerTo = null;
        using var again = await running.Http.PostAsync("/api/functions/bad/resend", null, Token);
        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from function_events where function = 'bad'") == 0, "the dead letters are taken");

        string Report() => running.Services.GetRequiredService<WorkerHealth>().Reports.Single(r => r.Name == "function bad").Detail ?? "";
    }

    [Fact]
    public async Task What_an_object_of_the_archive_leaves_of_a_batch_is_not_told_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var running = await city.StartAsync(core, new { name = "once", on = Stored, url = receiver.Url });
        var sightings = Enumerable.Range(0, 10).Select(n => Sighting($"FN{n}0DDD", Begin.AddDays(1).AddSeconds(n))).ToList();
        await running.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records([.. sightings]), [], Token);
        await CoreHost.UntilAsync(async () => (await running.Services.GetRequiredService<ArchiveWriter>().RollAsync(3, DateTimeOffset.MinValue, Token)).Objects > 0, "an object was made, and no other core had the turn");
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from function_events where function = 'once'") == 0, "all are told");

        Assert.Equal(sightings.Select(s => s.Id).Order(), receiver.Received.Select(r => JsonSerializer.Deserialize<SightingView>(r.Body, JsonSerializerOptions.Web)!.Id).Order());
    }

    [Fact]
    public async Task Alerts_charges_and_models_are_told_as_events()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        await using var running = await city.StartAsync(core, new { name = "all", on = CityEvents.All, url = receiver.Url });
        using var entry = await running.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "FN10BBB", reason = "Stolen", priority = 1 }, Token);
        Assert.Equal(HttpStatusCode.Created, entry.StatusCode);
        await core.Postgres.ExecuteAsync("update model_aliases set moved_by = 'a test' where alias = 'champion'");
        await CoreHost.UntilAsync(
            async () =>
            {
                await running.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("FN10BBB", TimeProvider.System.GetUtcNow())), [], Token);
                return Events().Contains(CityEvents.AlertRaised);
            },
            "an alert is told");
        await core.Postgres.ExecuteAsync(
            """
            insert into charge_entries (id, kind, plate, scheme, day, amount, rule, why, tariff_version, sighting_id, station_id, recorded_at, currency)
            values (gen_random_uuid(), 'charge', 'FN10BBB', 'ulez', '2026-11-23', 12.50, 'rule', 'why', 'tariff', gen_random_uuid(), 'london-a1', now(), 'GBP')
            """);
        await CoreHost.UntilAsync(() => Task.FromResult(Events().Contains(CityEvents.ChargeMade)), "a charge is told");

        var (headers, body) = receiver.Received.First(r => r.Headers["ce-type"] == CityEvents.AlertRaised);
        var alert = JsonSerializer.Deserialize<AlertView>(body, JsonSerializerOptions.Web)!;
        Assert.Equal(["1.0", "/core/alerts", alert.Id.ToString(), "FN10BBB", "london-a1"], Attributes.Select(a => headers["ce-" + a].ToString()));
        Assert.Equal(("FN10BBB", "Stolen"), (alert.Plate, alert.Reason));
        Assert.Contains(CityEvents.SightingStored, Events());
        var charge = JsonSerializer.Deserialize<ChargeView>(receiver.Received.First(r => r.Headers["ce-type"] == CityEvents.ChargeMade).Body, JsonSerializerOptions.Web)!;
        Assert.Equal(("FN10BBB", 12.50m), (charge.Plate, charge.Amount));

        // That the champion stays is no release.
        Assert.DoesNotContain(CityEvents.ModelReleased, Events());
        await core.Postgres.ExecuteAsync(
            """
            insert into model_versions (id, kind, number, manifest, manifest_sha256, file_sha256, created_at, created_by)
            select 'detector-of-a-test', kind, 1000, manifest, 'of a test', file_sha256, created_at, created_by from model_versions where kind = 'detector' limit 1
            """);
        await core.Postgres.ExecuteAsync("update model_aliases set version_id = 'detector-of-a-test' where kind = 'detector' and alias = 'champion'");
        await CoreHost.UntilAsync(() => Task.FromResult(Events().Contains(CityEvents.ModelReleased)), "the new champion is told");
        var model = JsonDocument.Parse(receiver.Received.First(r => r.Headers["ce-type"] == CityEvents.ModelReleased).Body).RootElement;
        Assert.Equal(("detector-of-a-test", "detector"), (model.GetProperty("version").GetString(), model.GetProperty("kind").GetString()));

        List<string> Events() => [.. receiver.Received.Select(r => r.Headers["ce-type"].ToString())];
    }

    [Fact]
    public async Task A_program_gets_the_event_on_its_standard_input_and_its_words_are_the_reason()
    {
        var taken = Path.Combine(city.Folder, "taken");
        await using var running = await city.StartAsync(
            core,
            new { name = "good", on = Stored, program = new[] { "sh", "-c", $"cat >> {taken}; echo >> {taken}" } },
            new { name = "none", on = Stored, program = Refusing });
        await running.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("FN20AAA", Begin.AddHours(1)), Sighting("FN20AAA", Begin.AddHours(2))), [], Token);

        await CoreHost.UntilAsync(() => Task.FromResult(File.Exists(taken) && File.ReadAllText(taken).Count(c => c == '\n') == 2), "the program has both");
        var events = (await File.ReadAllLinesAsync(taken, Token)).Select(l => JsonDocument.Parse(l).RootElement).ToList();
        Assert.All(events, e => Assert.Equal(("1.0", CityEvents.SightingStored, "FN20AAA"), (e.GetProperty("specversion").GetString(), e.GetProperty("type").GetString(), e.GetProperty("data").GetProperty("plate").GetString())));
        await CoreHost.UntilAsync(async () => (await running.Http.GetFromJsonAsync<List<FunctionDeadLetter>>("/api/functions/dead-letters?function=none", Token))!.Count(l => l.Reason == "sh ended with status 65: The plate is torn.") == 2, "both are dead letters with its words");
    }

    [Fact]
    public async Task What_a_core_had_not_done_when_it_stopped_another_does_and_what_is_erased_is_told_to_nobody()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Answer = _ => Task.FromResult(503);
        var function = new { name = "late", on = Stored, url = receiver.Url };
        await using (var first = await city.StartAsync(core, function))
        {
            await first.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("FN30AAA", Begin.AddHours(3)), Sighting("FN30BBB", Begin.AddHours(3))), [], Token);
            await CoreHost.UntilAsync(() => Task.FromResult(!receiver.Received.IsEmpty), "it is tried");
        }

        await core.Postgres.ExecuteAsync("delete from sightings where plate = 'FN30BBB'");
        await using var later = await WebhookReceiver.StartAsync();
        function = new { name = "late", on = Stored, url = later.Url };
        await using var second = await city.StartAsync(core, function);
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from function_events where function = 'late'") == 0, "nothing waits");
        Assert.Equal(["FN30AAA"], later.Received.Select(r => r.Headers["ce-partitionkey"].ToString()));
    }

    [Fact]
    public async Task Two_cores_never_call_a_function_at_once_though_one_loses_its_database_during_a_call()
    {
        var (busy, most, calls, gate) = (0, 0, 0, new Lock());
        await using var receiver = await WebhookReceiver.StartAsync();
        receiver.Aborting = async aborted =>
        {
            int call;
            lock (gate)
            {
                (busy, call) = (busy + 1, ++calls);
                most = Math.Max(most, busy);
            }

            try
            {
                await Task.Delay(call == 1 ? Timeout.InfiniteTimeSpan : TimeSpan.Zero, aborted);
            }
            finally
            {
                lock (gate)
                {
                    busy--;
                }
            }
        };
        object[] functions = [new { name = "one", on = Stored, url = receiver.Url, timeLimit = "00:05:00" }];
        using var proxy = new FreezingProxy(core.Postgres.ConnectionString);
        await using var first = await city.StartAsync(core, proxy.ConnectionString, functions);
        await first.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("FN60AAA", Begin.AddHours(6))), [], Token);
        await CoreHost.UntilAsync(() => Task.FromResult(Volatile.Read(ref calls) == 1), "the first core calls");
        proxy.Freeze(forGood: true);

        await using var second = await city.StartAsync(core, functions);
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from function_events where function = 'one'") == 0, "the other core has told it", 180);
        Assert.Equal((2, 1), (calls, most));
    }

    [Fact]
    public async Task A_topic_gets_the_event_in_binary_mode()
    {
        await using var running = await city.StartAsync(core, new { name = "stream", on = Stored, topic = Topics.Events });
        await running.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("FN40AAA", Begin.AddHours(4))), [], Token);
        using var reader = new Confluent.Kafka.ConsumerBuilder<string, byte[]>(new Confluent.Kafka.ConsumerConfig { BootstrapServers = core.Broker.BootstrapServers, GroupId = "reader", AutoOffsetReset = Confluent.Kafka.AutoOffsetReset.Earliest }).Build();
        reader.Assign(new Confluent.Kafka.TopicPartitionOffset(Topics.Events, 0, Confluent.Kafka.Offset.Beginning));
        Confluent.Kafka.ConsumeResult<string, byte[]>? record = null;
        await CoreHost.UntilAsync(() => Task.FromResult((record = reader.Consume(TimeSpan.FromMilliseconds(200))) is not null), "the event is on the topic");
        Assert.Equal("FN40AAA", record!.Message.Key);
        Assert.Equal(CityEvents.SightingStored, System.Text.Encoding.UTF8.GetString(record.Message.Headers.GetLastBytes("ce_type")));
        Assert.Equal("FN40AAA", JsonDocument.Parse(record.Message.Value).RootElement.GetProperty("plate").GetString());
    }

    [Fact]
    public async Task A_function_that_the_city_file_no_longer_names_is_told_of_nothing_more()
    {
        await using (await city.StartAsync(core, new { name = "gone", on = Stored, program = Nothing }))
        {
        }

        await using var running = await city.StartAsync(core);
        await running.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("FN50AAA", Begin.AddHours(5))), [], Token);
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from function_events where function = 'gone'"));
    }

    [Fact]
    public async Task Resending_for_a_function_that_is_not_there_says_so()
    {
        using var answer = await core.Http.PostAsync("/api/functions/nobody/resend", null, Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}

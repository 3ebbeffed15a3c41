using System.Net.Http.Json;
using System.Text;
using Confluent.Kafka;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>The core as a whole, from Kafka to its API.</summary>
public class SightingConsumerTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    [Fact]
    public async Task A_record_on_a_mirrored_topic_is_a_sighting_of_the_api_with_the_trace_of_its_headers()
    {
        var sighting = Sighting("TRACE1", Now, "london-a1");
        await core.SendAsync(sighting, new Headers { { RecordHeaders.TraceParent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"u8.ToArray() } });

        var view = await WaitForAsync(sighting.Id);

        Assert.Equal("0af7651916cd43dd8448eb211c80319c", view.TraceId);
        Assert.Equal("TRACE1", view.Plate);
        Assert.Equal(sighting.CapturedAt.ToUnixTimeMilliseconds(), view.CapturedAt.ToUnixTimeMilliseconds());
        Assert.Equal(Contracts.Sighting.PatchKey(sighting.Evidence!), view.Patch);
        Assert.NotNull(view.PassageId);
        Assert.Equal([0.99, 0.98], view.Characters);
    }

    [Fact]
    public async Task A_poison_record_goes_to_dead_letters_with_its_bytes_and_the_stream_goes_on()
    {
        var topic = Topics.Mirrored("london-a3", Topics.Sightings);
        byte[] poison = [0x7B, 0x00, 0xFF, 0xC3, 0x28];
        var future = Sighting("FUTURE1", Now.AddDays(3), "london-a3");
        var after = Sighting("AFTER1", Now, "london-a3");
        await core.SendAsync(topic, poison, new Headers { { "marker", "kept"u8.ToArray() } }, "key"u8.ToArray());
        await core.SendAsync(future);
        await core.SendAsync(after);

        await WaitForAsync(after.Id);

        var letters = ReadDeadLetters(m => Header(m, RecordHeaders.SourceTopic) == topic, 2);
        Assert.Equal(poison, letters[0].Value);
        Assert.Equal("key"u8.ToArray(), letters[0].Key);
        Assert.Equal("kept", Header(letters[0], "marker"));
        Assert.Equal("0", Header(letters[0], RecordHeaders.SourceOffset));
        Assert.Contains("future", Header(letters[1], RecordHeaders.Reason), StringComparison.Ordinal);
        Assert.Equal([poison], await core.Postgres.ColumnAsync<byte[]>("select record_value from dead_letters where topic = $1 and record_offset = 0", topic));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where plate = 'FUTURE1'"));
    }

    [Fact]
    public async Task A_late_sighting_of_a_day_whose_table_another_core_has_dropped_is_stored()
    {
        var day = Now.AddDays(-40);
        var first = Sighting("LATE1", day, "london-a4");
        await core.SendAsync(first);
        await WaitForAsync(first.Id);
        await core.Postgres.ExecuteAsync($"delete from archive_queue; delete from archive_batches; drop table sightings_{day:yyyyMMdd}");

        var late = Sighting("LATE2", day.AddMinutes(1), "london-a4");
        await core.SendAsync(late);

        await WaitForAsync(late.Id);
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from dead_letters where reason like '%partition%'"));
    }

    [Fact]
    public async Task A_record_that_only_the_database_refuses_is_found_among_the_others()
    {
        // The registry of partitions is fine with it, the table is not: what a rule added later to the schema would do.
        await core.Postgres.ExecuteAsync("alter table sightings add constraint no_bad check (direction <> 'refused') not valid");
        var good = Enumerable.Range(0, 5).Select(i => Sighting($"GOOD{i}", Now, "london-a4")).ToArray();
        foreach (var s in good[..3])
        {
            await core.SendAsync(s);
        }

        await core.SendAsync(Sighting("BAD1", Now, "london-a4") with { Direction = "refused" });
        foreach (var s in good[3..])
        {
            await core.SendAsync(s);
        }

        foreach (var s in good)
        {
            await WaitForAsync(s.Id);
        }

        var letter = Assert.Single(ReadDeadLetters(m => Header(m, RecordHeaders.SourceTopic) == "london-a4.sightings", 1));
        Assert.Contains("BAD1", Encoding.UTF8.GetString(letter.Value!), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_says_something_else_of_a_sighting_is_a_dead_letter_that_says_what()
    {
        var sighting = Sighting("OTHER1", Now, "london-a40");
        var after = Sighting("OTHER3", Now, "london-a40");
        await core.SendAsync(sighting);
        await core.SendAsync(sighting with { Plate = "OTHER2" });
        await core.SendAsync(sighting);
        await core.SendAsync(after);

        await WaitForAsync(after.Id);

        Assert.Equal(["OTHER1"], await core.Postgres.ColumnAsync<string>("select plate from sightings where id = $1", sighting.Id));
        Assert.Contains("plate is OTHER2 and was OTHER1", Assert.Single(await core.Postgres.ColumnAsync<string>("select reason from dead_letters where topic = 'london-a40.sightings' and sighting_id = $1", sighting.Id)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_records_that_fail_in_one_way_wait_until_it_is_mended_and_health_says_so()
    {
        await core.Postgres.ExecuteAsync("alter table sightings add constraint no_worse check (direction <> 'worse') not valid");
        var sightings = Enumerable.Range(0, 25).Select(i => Sighting($"WORSE{i}", Now.AddSeconds(-i), "london-a302") with { Direction = "worse" }).ToArray();
        foreach (var sighting in sightings)
        {
            await core.SendAsync(sighting);
        }

        await CoreHost.UntilAsync(
            async () => (await core.Http.GetFromJsonAsync<OpsView>("/api/ops", TestContext.Current.CancellationToken))!.Workers.Any(w => w is { Name: "ingest", State: "degraded" } && w.Detail!.Contains("one after another could not be stored for the same reason", StringComparison.Ordinal)),
            "health says that the rest waits");
        Assert.Equal(20L, await core.Postgres.ScalarAsync<long>("select count(*) from dead_letters where topic = 'london-a302.sightings'"));

        await core.Postgres.ExecuteAsync("alter table sightings drop constraint no_worse");

        await WaitForAsync(sightings[^1].Id);
        Assert.Equal(5L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where direction = 'worse'"));
    }

    [Fact]
    public async Task A_sighting_from_the_future_waits_for_a_person_is_not_charged_and_not_the_newest()
    {
        const string station = "london-a202";
        using var csv = new StringContent("plate,class,fuel,euro\nAHEAD1,car,diesel,4\nAHEAD2,car,diesel,4", Encoding.UTF8, "text/csv");
        (await core.Http.PostAsync(new Uri("/api/vehicles/import", UriKind.Relative), csv, TestContext.Current.CancellationToken)).EnsureSuccessStatusCode();
        var now = Charged(TimeProvider.System.GetUtcNow());
        var ahead = Sighting("AHEAD1", now.AddHours(20), station);
        var present = Sighting("AHEAD2", now, station);
        await core.SendAsync(ahead);
        await core.SendAsync(present);

        await WaitForAsync(ahead.Id);
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from charge_entries where plate = 'AHEAD2'") > 0, "what is not ahead is charged");
        Assert.Single((await core.Http.GetFromJsonAsync<Page<ChargeView>>("/api/charges?plate=ah-ead2&scheme=ulez", TestContext.Current.CancellationToken))!.Items); // as people write it

        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from charge_entries where plate = 'AHEAD1'"));
        Assert.Contains("captured later", Assert.Single(await core.Postgres.ColumnAsync<string>("select why from review_cases where sighting_id = $1", ahead.Id)), StringComparison.Ordinal);
        Assert.True(await core.Postgres.ScalarAsync<bool>("select newest < now() + interval '1 minute' from station_totals where station_id = $1", station));
        using var rederived = await core.Http.PostAsJsonAsync(
            new Uri("/api/charges/rederive", UriKind.Relative), new { plate = "AHEAD1", day = Core.Charges.ChargingCity.London.DayOf(ahead.CapturedAt), why = "a test" }, TestContext.Current.CancellationToken);
        rederived.EnsureSuccessStatusCode();
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from charge_entries where plate = 'AHEAD1'"));
    }

    [Fact]
    public async Task A_record_whose_trace_has_no_value_is_a_sighting_without_a_trace()
    {
        var sighting = Sighting("TRACE2", Now, "london-a40");
        await core.SendAsync(sighting, new Headers { { RecordHeaders.TraceParent, null } });

        Assert.Null((await WaitForAsync(sighting.Id)).TraceId);
    }

    [Fact]
    public async Task A_poison_record_too_large_for_dead_letters_is_named_there_and_kept_in_the_database()
    {
        var poison = new byte[999_900];
        var after = Sighting("AFTER2", Now, "london-a406");
        await core.SendAsync(Topics.Mirrored("london-a406", Topics.Sightings), poison);
        await core.SendAsync(after);

        await WaitForAsync(after.Id);

        Assert.Null(Assert.Single(ReadDeadLetters(m => Header(m, RecordHeaders.SourceTopic) == "london-a406.sightings", 1)).Value);
        Assert.Equal(poison.Length, await core.Postgres.ScalarAsync<int>("select length(record_value) from dead_letters where topic = 'london-a406.sightings'"));
    }

    [Fact]
    public async Task A_reason_that_cuts_a_character_in_two_does_not_stop_the_stream()
    {
        var after = Sighting("AFTER3", Now, "london-a202");
        await core.SendAsync(Sighting("SCHEMA1", Now, "london-a202"), new Headers { { RecordHeaders.Schema, Encoding.UTF8.GetBytes(new string('x', 39) + "🚗") } });
        await core.SendAsync(after);

        await WaitForAsync(after.Id);
    }

    [Fact]
    public async Task An_id_given_to_two_sightings_costs_the_second_one_and_no_more()
    {
        var sighting = Sighting("TWICE1", Now, "london-a205");
        var after = Sighting("AFTER4", Now, "london-a205");
        await core.SendAsync(sighting);
        await core.SendAsync(sighting with { CapturedAt = Now.AddSeconds(5) });
        await core.SendAsync(after);

        await WaitForAsync(after.Id);

        var letter = Assert.Single(ReadDeadLetters(m => Header(m, RecordHeaders.SourceTopic) == "london-a205.sightings", 1));
        Assert.Equal("1", Header(letter, RecordHeaders.SourceOffset));
        Assert.Contains("The time of capture is the same in every revision", Header(letter, RecordHeaders.Reason), StringComparison.Ordinal);
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where id = $1", sighting.Id));
    }

    [Fact]
    public async Task Ops_tells_what_was_stored_and_that_nothing_waits()
    {
        var sighting = Sighting("OPS1", Now, "london-a10");
        var began = System.Diagnostics.Stopwatch.StartNew();
        await core.SendAsync(sighting);
        await core.SendAsync(sighting);
        await WaitForAsync(sighting.Id);

        OpsView? ops = null;
        await CoreHost.UntilAsync(
            async () =>
            {
                ops = await core.Http.GetFromJsonAsync<OpsView>("/api/ops", TestContext.Current.CancellationToken);
                return ops!.Stations.Single(s => s.StationId == "london-a10") is { Lag: 0 } && ops.Core.Duplicates > 0;
            },
            "ops shows the duplicate and no lag");
        Assert.InRange(ops!.Stations.Single(s => s.StationId == "london-a10").SightingsLastMinute, began.Elapsed < TimeSpan.FromSeconds(50) ? 1 : 0, 1);
        Assert.True(ops.Core.SightingsStored > 0);
        Assert.NotNull(ops.Core.CaptureToStoredP99);
        Assert.Contains(ops.Workers, w => w is { Name: "ingest", State: "healthy" or "degraded" }); // degraded where another test has left a record that could not be stored
    }

    [Fact]
    public async Task The_live_stream_tells_of_a_sighting_when_it_is_stored()
    {
        using var response = await core.Http.GetAsync(new Uri("/api/live", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, TestContext.Current.CancellationToken);
        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        using var stream = await response.Content.ReadAsStreamAsync(TestContext.Current.CancellationToken);
        var sighting = Sighting("LIVE1", Now, "london-a11");
        await core.SendAsync(sighting);

        using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(90));
        await foreach (var e in System.Net.ServerSentEvents.SseParser.Create(stream).EnumerateAsync(timeout.Token))
        {
            if (e.EventType == "sighting" && e.Data.Contains("LIVE1", StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail("The stream ended.");
    }

    private async Task<SightingView> WaitForAsync(Guid id)
    {
        SightingView? view = null;
        await CoreHost.UntilAsync(
            async () =>
            {
                using var response = await core.Http.GetAsync(new Uri($"/api/sightings/{id}", UriKind.Relative), TestContext.Current.CancellationToken);
                view = response.IsSuccessStatusCode ? await response.Content.ReadFromJsonAsync<SightingView>(TestContext.Current.CancellationToken) : null;
                return view is not null;
            },
            $"sighting {id}");
        return view!;
    }

    private List<Message<byte[]?, byte[]?>> ReadDeadLetters(Func<Message<byte[]?, byte[]?>, bool> of, int count)
    {
        using var consumer = new ConsumerBuilder<byte[]?, byte[]?>(new ConsumerConfig
        {
            BootstrapServers = core.Broker.BootstrapServers,
            GroupId = Guid.NewGuid().ToString(),
            AutoOffsetReset = AutoOffsetReset.Earliest,
        }).Build();
        consumer.Assign(new TopicPartitionOffset(Topics.DeadLetters, 0, Offset.Beginning));
        var letters = new List<Message<byte[]?, byte[]?>>();
        var deadline = System.Diagnostics.Stopwatch.StartNew();
        while (letters.Count < count && deadline.Elapsed < TimeSpan.FromSeconds(90))
        {
            if (consumer.Consume(200) is { } result && of(result.Message))
            {
                letters.Add(result.Message);
            }
        }

        Assert.Equal(count, letters.Count);
        return [.. letters.OrderBy(l => int.Parse(Header(l, RecordHeaders.SourceOffset)!, System.Globalization.CultureInfo.InvariantCulture))];
    }

    private static string? Header(Message<byte[]?, byte[]?> message, string name) =>
        message.Headers.TryGetLastBytes(name, out var bytes) ? Encoding.UTF8.GetString(bytes) : null;
}

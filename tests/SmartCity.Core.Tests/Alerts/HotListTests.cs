using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>From an entry of the hot-list to an alert, a case or nothing.</summary>
public sealed class HotListTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_entry_holds_within_a_second_and_after_every_connection_was_cut()
    {
        await AddAsync(new { pattern = "HL01AAA", reason = "Stolen", priority = 1 });
        await HeardAsync("HL01AAA");

        Assert.True(await core.Postgres.ScalarAsync<bool>("select count(*) filter (where pg_terminate_backend(pid)) > 0 from pg_stat_activity where pid <> pg_backend_pid() and application_name = 'smartcity-core' and datname = current_database()"));
        await CoreHost.UntilAsync(async () => (await core.Http.GetAsync(new Uri("/api/hotlist", UriKind.Relative), Token)).IsSuccessStatusCode, "the core has connections again");
        await AddAsync(new { pattern = "HL01AAB", reason = "Stolen", priority = 1 });
        await HeardAsync("HL01AAB");
        Assert.Single(await IngestAsync(Sighting("HL01AAB", Noon)));
    }

    [Fact]
    public async Task After_Postgres_has_gone_back_to_an_earlier_state_new_entries_are_met_as_before()
    {
        await AddAsync(new { pattern = "HL11AAA", reason = "Stolen", priority = 1 });
        await HeardAsync("HL11AAA");
        var sieve = core.Services.GetRequiredService<HotListSieve>();

        // What a restore of an earlier state looks like: the newest entries are not there, and their numbers are given again.
        await core.Postgres.ExecuteAsync("delete from hotlist_entries where pattern = 'HL11AAA'");
        await core.Postgres.ExecuteAsync("select setval('hotlist_changes', greatest((select max(change) from hotlist_entries), 1))");
        await CoreHost.UntilAsync(() => Task.FromResult(sieve.IsLoaded && !sieve.MayMatch("HL11AAA")), "the core has seen that the list is another one");
        await AddAsync(new { pattern = "HL11AAB", reason = "Stolen", priority = 1 });
        await AddAsync(new { pattern = "HL11?AC", reason = "Stolen", priority = 1 });

        Assert.Single(await IngestAsync(Sighting("HL11AAB", Noon)));
        Assert.Single(await IngestAsync(Sighting("HL11XAC", Noon.AddMinutes(5))));
        await CoreHost.UntilAsync(() => Task.FromResult(sieve.IsLoaded), "the list is loaded again");
        Assert.True(sieve.MayMatch("HL11AAB"));
        Assert.False(sieve.MayMatch("HL11ZZZ"));
    }

    [Fact]
    public async Task A_passage_meets_an_entry_once_whatever_comes_again()
    {
        await AddAsync(new { pattern = "HL02AAA", reason = "Stolen", priority = 1 });
        await HeardAsync("HL02AAA");
        var first = Sighting("HL02AAA", Noon);

        Assert.Single(await IngestAsync(first));
        Assert.Empty(await IngestAsync(first, Sighting("HL02AAA", Noon.AddSeconds(30))));
        Assert.Single(await IngestAsync(Sighting("HL02AAA", Noon.AddHours(1))));
    }

    [Fact]
    public async Task Whether_an_entry_holds_is_asked_at_the_time_of_capture()
    {
        await AddAsync(new { pattern = "HL03*", reason = "Wanted", priority = 2, validFrom = Noon, validTo = Noon.AddHours(1) });
        await HeardAsync("HL03ZZZ");

        Assert.Empty(await IngestAsync(Sighting("HL03AAA", Noon.AddSeconds(-1))));
        Assert.Single(await IngestAsync(Sighting("HL03AAB", Noon)));
        Assert.Empty(await IngestAsync(Sighting("HL03AAC", Noon.AddHours(1))));
    }

    [Fact]
    public async Task A_reading_that_may_be_a_vehicle_of_interest_goes_to_review_and_raises_no_alert()
    {
        await AddAsync(new { pattern = "HL04BOB", reason = "Stolen", priority = 1 });
        await HeardAsync("HL04BOB");
        var lookAlike = Sighting("HL048OB", Noon, confidence: 0.93);
        var considered = Sighting(null, Noon.AddMinutes(5), confidence: 0.4) with { Alternatives = [new PlateAlternative("HL04BOB", 0.3)] };
        var beyondDoubt = Sighting("HL048OB", Noon.AddMinutes(9), confidence: 0.995);
        var sameInPrint = Sighting("HL04B0B", Noon.AddMinutes(10), confidence: 0.995);
        var another = Sighting("HL04BXX", Noon.AddMinutes(11), confidence: 0.93);

        Assert.Empty(await IngestAsync(lookAlike, considered, beyondDoubt, sameInPrint, another));

        var cases = (await core.Http.GetFromJsonAsync<Page<ReviewView>>("/api/review?kind=near-match&limit=500", Token))!.Items.Where(c => c.Why.Contains("HL04BOB", StringComparison.Ordinal)).ToList();
        Assert.Equal(new[] { lookAlike.Id, considered.Id, sameInPrint.Id }.Order(), cases.Select(c => c.SightingId).Order());
        Assert.Contains("which looks alike (B for 8)", cases.Single(c => c.SightingId == lookAlike.Id).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_wide_pattern_hides_no_entry_that_is_more_urgent()
    {
        await AddAsync(new { pattern = "HL088*", reason = "Any of a series", priority = 5 });
        await AddAsync(new { pattern = "HL08BOB", reason = "Stolen", priority = 1 });
        await HeardAsync("HL08BOB");
        var read = Sighting("HL088OB", Noon, confidence: 0.93);

        await IngestAsync(read);

        Assert.Contains("HL08BOB", Assert.Single(await NearAsync(read.Id)).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_was_typed_with_O_for_0_is_met_nearly()
    {
        await AddAsync(new { pattern = "HLO9Q*", reason = "Wanted", priority = 2 });
        await AddAsync(new { pattern = "H?1OQQQ", reason = "Wanted", priority = 2 });
        await HeardAsync("HLO9QXX");
        var (first, second) = (Sighting("HL09QAA", Noon, confidence: 0.995), Sighting("HXI0QQQ", Noon.AddMinutes(1), confidence: 0.995));

        Assert.Empty(await IngestAsync(first, second));

        Assert.Contains("the pattern HLO9Q*", Assert.Single(await NearAsync(first.Id)).Why, StringComparison.Ordinal);
        Assert.Contains("the pattern H?1OQQQ", Assert.Single(await NearAsync(second.Id)).Why, StringComparison.Ordinal);
        using var asked = await core.Http.PostAsJsonAsync("/api/hotlist/test", new { plate = "HL09QAA" }, Token);
        Assert.Contains((await asked.Content.ReadFromJsonAsync<HotlistAnswer>(Token))!.Near, e => e.Pattern == "HLO9Q*");
    }

    [Fact]
    public async Task The_same_entry_twice_is_refused_by_the_name_of_the_first()
    {
        await AddAsync(new { pattern = "HL10AAA", reason = "Stolen", priority = 1 });
        await AddAsync(new { pattern = "HL10AAA", reason = "Stolen", priority = 1, requestedBy = "another force" });
        await AddAsync(new { pattern = "HL10AAA", reason = "Was stolen", priority = 1, requestedBy = "met", validTo = Noon });
        await AddAsync(new { pattern = "HL10AAA", reason = "Stolen again", priority = 1, requestedBy = "met", validFrom = Noon });
        var first = await core.Postgres.ScalarAsync<Guid>("select id from hotlist_entries where pattern = 'HL10AAA' and requested_by is null");

        using var again = await core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = "HL10 AAA", reason = "Seen", priority = 2 }, Token);

        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        Assert.Contains(first.ToString(), await again.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Equal(4L, await core.Postgres.ScalarAsync<long>("select count(*) from hotlist_entries where pattern = 'HL10AAA'"));
    }

    [Fact]
    public void Patterns_are_judged_again_and_only_so_many_are_listed()
    {
        var passed = Enumerable.Range(0, 1000).Select(i => string.Create(CultureInfo.InvariantCulture, $"AB{i:000}")).Concat(Enumerable.Range(0, 9000).Select(i => string.Create(CultureInfo.InvariantCulture, $"CD{i:0000}"))).ToList();
        var sample = new RecentPassages.Sample(passed, ["AB*", "XY*"], new HotlistOptions { MostPatterns = 3 });

        Assert.Contains("'AB*' would have matched 1,000 of the 10,000 newest passages", Assert.Single(sample.TooWide()).Value, StringComparison.Ordinal);
        Assert.Null(sample.Refuse("XZ*"));
        Assert.Null(sample.Refuse("XY*")); // it is listed
        Assert.Contains("one too many", sample.Refuse("ZZ*"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_pattern_that_matches_too_much_by_now_says_so_on_its_entry()
    {
        foreach (var pattern in (string[])["TW0?*", "TW19X*"])
        {
            await AddAsync(new { pattern, reason = "A series", priority = 5 });
        }

        await IngestAsync([.. Enumerable.Range(0, 40).Select(i => Sighting($"TW0{i / 26}{(char)('A' + i % 26)}ZZ", TimeProvider.System.GetUtcNow().AddSeconds(-i)))]);
        await using var starting = core.Build(core.Postgres.ConnectionString);
        await starting.StartAsync(Token);
        using var http = new HttpClient { BaseAddress = new Uri(starting.Urls.First()) };
        http.DefaultRequestHeaders.Authorization = core.Http.DefaultRequestHeaders.Authorization;
        Task<HotlistEntryView[]> ListAsync() => ListedAsync(http);
        await CoreHost.UntilAsync(async () => (await ListAsync()).Any(e => e.TooWide is not null), "the pattern is said to be too wide");

        var entries = await ListAsync();
        Assert.Contains("pattern 'TW0?*' would have matched 40 of the", Assert.Single(entries, e => e.Pattern == "TW0?*").TooWide, StringComparison.Ordinal);
        Assert.Null(Assert.Single(entries, e => e.Pattern == "TW19X*").TooWide);
        await core.Postgres.ExecuteAsync("delete from hotlist_entries where pattern like 'TW%'");

        static async Task<HotlistEntryView[]> ListedAsync(HttpClient http)
        {
            using var answer = await http.GetAsync(new Uri("/api/hotlist?text=TW", UriKind.Relative), Token);
            return answer.IsSuccessStatusCode ? [.. (await answer.Content.ReadFromJsonAsync<Page<HotlistEntryView>>(Token))!.Items] : [];
        }
    }

    [Fact]
    public async Task A_list_is_imported_again_without_doubling_and_bad_lines_are_named()
    {
        const string csv = "plate,reason,priority,requestedBy,validTo\nHL05AAA,Stolen,1,met,2027-01-01T00:00:00Z\nHL05 AAB,Stolen,9,met,\n,Stolen,1,met,\nHL05AAC,Stolen,2,met,tomorrow\nhl05-aad,Wanted,,met,\n";
        for (var again = 0; again < 2; again++)
        {
            var report = await ImportAsync(csv, "text/csv");
            Assert.Equal((5L, 2L, 3L), (report.GetProperty("read").GetInt64(), report.GetProperty("imported").GetInt64(), report.GetProperty("rejected").GetInt64()));
            Assert.Equal([3, 4, 5], report.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("line").GetInt32()));
        }

        Assert.Equal(2L, await core.Postgres.ScalarAsync<long>("select count(*) from hotlist_entries where pattern like 'HL05%'"));
        await HeardAsync("HL05AAD");

        var json = await ImportAsync("""[{ "pattern": "HL06A?A", "reason": "Wanted", "priority": 2 }, { "pattern": "!", "reason": "Wanted" }, { "reason": "Wanted" }]""", "application/json");
        Assert.Equal([2, 3], json.GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("line").GetInt32()));
        await HeardAsync("HL06AXA");

        using var nonsense = await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), new StringContent("{", Encoding.UTF8, "application/json"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, nonsense.StatusCode);
    }

    [Fact]
    public async Task A_plate_can_be_tried_on_the_list()
    {
        await AddAsync(new { pattern = "HL07A*", reason = "Wanted", priority = 3 });
        await AddAsync(new { pattern = "HL07A0B", reason = "Stolen", priority = 1 });

        using var response = await core.Http.PostAsJsonAsync("/api/hotlist/test", new { plate = "HL07 AOB" }, Token);

        var answer = await response.Content.ReadFromJsonAsync<HotlistAnswer>(Token);
        Assert.Equal("HL07A*", Assert.Single(answer!.Meets).Pattern);
        Assert.Equal("HL07A0B", Assert.Single(answer.Near).Pattern);
    }

    private async Task<List<ReviewView>> NearAsync(Guid sighting) =>
        [.. (await core.Http.GetFromJsonAsync<Page<ReviewView>>("/api/review?kind=near-match&limit=500", Token))!.Items.Where(c => c.SightingId == sighting)];

    [Fact]
    public async Task An_alert_reaches_its_topic()
    {
        await AddAsync(new { pattern = "HL08AAA", reason = "Stolen", priority = 1 });
        await HeardAsync("HL08AAA");
        var alert = Assert.Single(await IngestAsync(Sighting("HL08AAA", Noon)));

        using var consumer = new ConsumerBuilder<byte[], byte[]>(new ConsumerConfig { BootstrapServers = core.Broker.BootstrapServers, GroupId = "alert-test", AutoOffsetReset = AutoOffsetReset.Earliest }).Build();
        consumer.Subscribe(Topics.Alerts);
        AlertView? sent = null;
        await CoreHost.UntilAsync(
            () =>
            {
                var record = consumer.Consume(TimeSpan.FromMilliseconds(200));
                var view = record is null ? null : JsonSerializer.Deserialize(record.Message.Value, ContractsJson.Default.AlertView);
                sent = view?.Id == alert.Id ? view : sent;
                return Task.FromResult(sent is not null);
            },
            "the alert on its topic");
        Assert.Equal(("HL08AAA", "Stolen"), (sent!.Plate, sent.Reason));
    }

    private async Task AddAsync(object entry)
    {
        using var answer = await core.Http.PostAsJsonAsync("/api/hotlist", entry, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
    }

    // Within a second is the promise; a machine under test may be slower than a city's.
    private Task HeardAsync(string plate) => CoreHost.UntilAsync(() => Task.FromResult(core.Services.GetRequiredService<HotList>().MayMatch(plate)), $"the hot-list has heard of {plate}", 40); // patterns are read anew every minute anyway

    private async Task<IReadOnlyList<AlertView>> IngestAsync(params Sighting[] sightings) =>
        (await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(sightings), [], Token)).Alerts;

    private async Task<JsonElement> ImportAsync(string text, string type)
    {
        using var answer = await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), new StringContent(text, Encoding.UTF8, type), Token);
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
        return await answer.Content.ReadFromJsonAsync<JsonElement>(Token);
    }
}

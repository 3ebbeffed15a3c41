using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Alerts;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>What the core tells edges of the hot-list.</summary>
public sealed class EdgeHotlistTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Address = "/api/edge/hotlist?station=london-a1";

    private static readonly DateTimeOffset Now = TimeProvider.System.GetUtcNow();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_edge_is_told_plates_of_the_highest_priority_that_hold_within_a_day_and_nothing_of_the_others()
    {
        var entry = await AddAsync("EH01AAA");
        await AddAsync("EH01AAB", e => e with { Priority = 2 });
        await AddAsync("EH01AAC", e => e with { ValidTo = Now.AddMinutes(-1) });
        await AddAsync("EH01AAD", e => e with { ValidFrom = Now.AddHours(23) });
        await AddAsync("EH01AAE", e => e with { ValidFrom = Now.AddHours(25) });
        await AddAsync("EH01A??");
        await AddAsync("EH01AAF", e => e with { ValidTo = Now.AddHours(1) });

        var list = await ListAsync();

        Assert.Equal(new EdgeHotlistHit(entry.Id!.Value, 1), Assert.Single(list.Find("EH01AAA", Now)));
        Assert.All(["EH01AAB", "EH01AAC", "EH01AAD", "EH01AAE", "EH01AAG"], plate => Assert.Empty(list.Find(plate, Now)));
        Assert.Single(list.Find("EH01AAD", Now.AddHours(23.5)));
        Assert.Empty(list.Find("EH01AAE", Now.AddHours(26)));
        Assert.Single(list.Find("EH01AAF", Now));
        Assert.Empty(list.Find("EH01AAF", Now.AddHours(1)));
    }

    [Fact]
    public async Task Nobody_reads_a_plate_or_a_reason_in_what_an_edge_holds()
    {
        await AddAsync("EH02AAA", e => e with { Reason = "Kidnapping", RequestedBy = "Flying Squad" });

        var text = Encoding.Latin1.GetString((await ListAsync()).Bytes.Span);

        Assert.All(["EH02AAA", "Kidnapping", "Flying Squad"], secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_edge_that_has_the_list_gets_it_again_when_it_is_another_one()
    {
        var entry = await AddAsync("EH03AAA");
        using var first = await core.Http.GetAsync(Address, Token);
        Assert.Equal(HttpStatusCode.NotModified, await AgainAsync(first));

        using var removed = await core.Http.DeleteAsync($"/api/hotlist/{entry.Id}", Token);
        Assert.Equal(HttpStatusCode.OK, await AgainAsync(first));
        Assert.Empty((await ListAsync()).Find("EH03AAA", Now));
    }

    [Fact]
    public async Task A_key_that_is_bound_to_a_station_asks_for_its_own_alone_and_one_of_another_scope_for_none()
    {
        using var edge = await WithKeyAsync(new NewApiKey("hotlist edge a1", [Scope.EdgeConfig], Stations: ["london-a1"]));
        using var reader = await WithKeyAsync(new NewApiKey("hotlist reader", [Scope.HotlistRead]));

        using var own = await edge.Http.GetAsync(Address, Token);
        using var others = await edge.Http.GetAsync(Address + "&station=london-a3", Token);
        using var again = await edge.Http.GetAsync(Address + "&station=london-a3", Token);
        using var unnamed = await edge.Http.GetAsync("/api/edge/hotlist", Token);
        using var unfit = await reader.Http.GetAsync(Address, Token);

        Assert.Equal(
            (HttpStatusCode.OK, HttpStatusCode.Forbidden, HttpStatusCode.Forbidden, HttpStatusCode.BadRequest, HttpStatusCode.Forbidden),
            (own.StatusCode, others.StatusCode, again.StatusCode, unnamed.StatusCode, unfit.StatusCode));
        var line = Assert.Single((await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?actor=key%20hotlist%20edge%20a1&action=access.refused", Token))!.Items);
        Assert.Contains("/api/edge/hotlist of london-a3", line.Subject, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_more_entries_than_an_edge_may_hold_it_is_told_the_most_urgent_and_the_core_says_so()
    {
        await AddAsync("EH05AAB", e => e with { Priority = 2 });
        await AddAsync("EH05AAA");
        await AddAsync("EH05AAC");
        var health = new WorkerHealth(TimeProvider.System);
        using var all = Hotlists(health, new EdgeHotlistOptions { MostPriority = 5 });
        using var one = Hotlists(health, new EdgeHotlistOptions { MostPriority = 5, MostEntries = 1 });
        using var none = Hotlists(health, new EdgeHotlistOptions { MostPriority = 0 });

        Assert.Single((await all.NewestAsync(Token)).List.Find("EH05AAB", Now));
        Assert.Equal(0, (await none.NewestAsync(Token)).List.Count);
        var list = (await one.NewestAsync(Token)).List;
        Assert.Equal((1, 1), (list.Count, list.Find("EH05AAC", Now).Count)); // of those as urgent the newest
        Assert.Contains("More than 1 entries", health.Reports.Single(r => r.State == WorkerState.Degraded).Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_edge_that_asks_another_core_is_not_sent_the_same_list_again_and_no_two_cores_hash_alike()
    {
        await AddAsync("EH08AAA");
        using var one = Hotlists(new WorkerHealth(TimeProvider.System), new EdgeHotlistOptions());
        using var other = Hotlists(new WorkerHealth(TimeProvider.System), new EdgeHotlistOptions());

        var (first, second) = (await one.NewestAsync(Token), await other.NewestAsync(Token));

        Assert.Equal(first.Version, second.Version);
        Assert.False(first.List.Bytes.Span.SequenceEqual(second.List.Bytes.Span));
        Assert.Equal(first.List.Find("EH08AAA", Now), second.List.Find("EH08AAA", Now));
    }

    [Fact]
    public void A_hundred_thousand_entries_take_five_megabytes_and_each_is_found()
    {
        var entries = Enumerable.Range(0, 100_000).Select(i => new EdgeHotlistEntry(Guid.CreateVersion7(Now), $"P{i:000000}", 1 + i % 5, Now.AddDays(-1), DateTimeOffset.MaxValue)).ToList();

        var list = EdgeHotlist.Read(EdgeHotlist.Make(entries).Bytes.ToArray());

        Assert.InRange(list.Bytes.Length, 4_900_000, 4_901_000);
        Assert.All(entries, e => Assert.Equal(new EdgeHotlistHit(e.Id, e.Priority), Assert.Single(list.Find(e.Plate, Now))));
    }

    [Fact]
    public void A_plate_that_two_have_asked_for_is_found_for_both()
    {
        EdgeHotlistEntry[] entries = [.. Enumerable.Range(0, 3).Select(i => new EdgeHotlistEntry(Guid.CreateVersion7(Now), i == 2 ? "OTHER" : "EH06AAA", 1, DateTimeOffset.MinValue, DateTimeOffset.MaxValue))];

        Assert.Equal(entries[..2].Select(e => e.Id).Order(), EdgeHotlist.Make(entries).Find("EH06AAA", Now).Select(h => h.EntryId).Order());
    }

    [Fact]
    public void A_list_of_which_a_byte_is_another_is_not_believed()
    {
        var whole = EdgeHotlist.Make([new EdgeHotlistEntry(Guid.CreateVersion7(Now), "EH07AAA", 1, Now, Now.AddDays(1))]).Bytes.ToArray();
        for (var i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            Assert.Throws<InvalidDataException>(() => EdgeHotlist.Read(damaged));
            Assert.Throws<InvalidDataException>(() => EdgeHotlist.Read(whole[..i]));
        }
    }

    [Fact]
    public async Task An_edge_that_says_which_list_it_has_is_sent_what_changed_and_one_that_does_not_the_whole_list()
    {
        var (goes, changes) = (await AddAsync("EH09AAA"), await AddAsync("EH09AAB"));
        var first = await ListAsync();
        await AddAsync("EH09AAC");
        await ListAsync();
        using var removed = await core.Http.DeleteAsync($"/api/hotlist/{goes.Id}", Token);
        using var changed = await core.Http.PutAsJsonAsync($"/api/hotlist/{changes.Id}", changes with { ValidTo = Now.AddHours(2) }, Token);

        var (status, bytes) = await SinceAsync(Convert.ToHexString(first.Checksum));
        var now = first.With(EdgeHotlistDelta.Read(bytes));

        Assert.Equal((HttpStatusCode)226, status);
        Assert.InRange(bytes.Length, 1, 400);
        Assert.Equal((await ListAsync()).Bytes.ToArray(), now.Bytes.ToArray());
        Assert.Equal((0, 1, 0, 1), (now.Find("EH09AAA", Now).Count, now.Find("EH09AAB", Now).Count, now.Find("EH09AAB", Now.AddHours(3)).Count, now.Find("EH09AAC", Now).Count));
        Assert.All(
            [await SinceAsync(new string('0', 64)), await SinceAsync("nonsense")],
            whole => Assert.Equal((HttpStatusCode.OK, now.Count), (whole.Status, EdgeHotlist.Read(whole.Bytes).Count)));
        Assert.Equal((HttpStatusCode)226, (await SinceAsync(Convert.ToHexString(now.Checksum))).Status); // an edge that was started again
    }

    [Fact]
    public void Changes_lead_from_any_list_to_any_other_and_damaged_ones_are_not_believed()
    {
        var random = new Random(3);
        EdgeHotlistEntry[] all = [.. Enumerable.Range(0, 60).Select(i => new EdgeHotlistEntry(Guid.CreateVersion7(Now), $"P{i / 2}", 1, Now, Now.AddDays(1)))];
        var list = EdgeHotlist.Make(all[..20]);
        EdgeHotlistDelta? sum = null;
        var first = list;
        for (var step = 0; step < 30; step++)
        {
            var next = EdgeHotlist.Make([.. all.Where(_ => random.Next(3) > 0).Select(e => e with { Priority = random.Next(1, 3) })], list);
            var delta = EdgeHotlistDelta.Read(list.To(next)!.ToBytes());
            Assert.True(list.With(delta).Bytes.Span.SequenceEqual(next.Bytes.Span));
            sum = sum?.Then(delta) ?? delta;
            Assert.True(first.With(sum).Bytes.Span.SequenceEqual(next.Bytes.Span));
            Assert.Throws<InvalidDataException>(() => next.With(delta));
            list = next;
        }

        Assert.Null(list.To(EdgeHotlist.Make(all)));
        var whole = first.To(list)!.ToBytes();
        for (var i = 0; i < whole.Length; i++)
        {
            byte[] damaged = [.. whole];
            damaged[i] ^= 1;
            Assert.Throws<InvalidDataException>(() => EdgeHotlistDelta.Read(damaged));
            Assert.Throws<InvalidDataException>(() => EdgeHotlistDelta.Read(whole[..i]));
        }
    }

    private async Task<(HttpStatusCode Status, byte[] Bytes)> SinceAsync(string checksum)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address);
        request.Headers.TryAddWithoutValidation("A-IM", $"smartcity-hotlist-delta; base={checksum}");
        using var answer = await core.Http.SendAsync(request, Token);
        return (answer.StatusCode, await answer.Content.ReadAsByteArrayAsync(Token));
    }

    private EdgeHotlists Hotlists(WorkerHealth health, EdgeHotlistOptions options) => new(
        core.Services.GetRequiredService<NpgsqlDataSource>(), Options.Create(options), health, TimeProvider.System, NullLogger<EdgeHotlists>.Instance);

    private async Task<EdgeHotlist> ListAsync() => EdgeHotlist.Read(await core.Http.GetByteArrayAsync(Address, Token));

    private async Task<HttpStatusCode> AgainAsync(HttpResponseMessage first)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, Address) { Headers = { IfNoneMatch = { first.Headers.ETag! } } };
        using var answer = await core.Http.SendAsync(request, Token);
        return answer.StatusCode;
    }

    private async Task<Caller> WithKeyAsync(NewApiKey key) => Caller.With(core, (await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", key, Token))).Token);

    private async Task<HotlistEntryView> AddAsync(string plate, Func<HotlistEntryView, HotlistEntryView>? change = null)
    {
        var entry = new HotlistEntryView { Pattern = plate, Reason = "Stolen", Priority = 1 };
        return await Caller.ReadAsync<HotlistEntryView>(await core.Http.PostAsJsonAsync("/api/hotlist", change?.Invoke(entry) ?? entry, Token));
    }
}

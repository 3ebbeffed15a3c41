using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>The hot-list as people keep it.</summary>
public sealed class HotlistEntryTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Entries_are_found_by_state_and_by_any_part_of_what_they_say()
    {
        var now = TimeProvider.System.GetUtcNow();
        await AddAsync(new HotlistEntryView { Pattern = "HE01AAA", Reason = "Stolen in Hackney", RequestedBy = "Met", List = "stolen-vehicles" });
        await AddAsync(new HotlistEntryView { Pattern = "HE01AAB", Reason = "Was stolen", ValidTo = now.AddDays(-1) });
        await AddAsync(new HotlistEntryView { Pattern = "HE01AAC", Reason = "Court order", ValidFrom = now.AddDays(1) });

        Assert.Equal(["HE01AAA"], await FindAsync("state=active&text=HE01"));
        Assert.Equal(["HE01AAB"], await FindAsync("state=expired&text=he01"));
        Assert.Equal(["HE01AAC"], await FindAsync("state=upcoming&text=HE01"));
        Assert.Equal(["HE01AAA"], await FindAsync("text=hackney"));
        Assert.Equal(["HE01AAA"], await FindAsync("text=Stolen-Veh"));
        using var odd = await core.Http.GetAsync("/api/hotlist?state=lost", Token);
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    [Fact]
    public async Task An_entry_is_changed_and_removed_with_a_reason_that_the_audit_keeps_with_what_it_was()
    {
        var entry = await AddAsync(new HotlistEntryView { Pattern = "HE02 AAA", Reason = "Stolen" });
        Assert.Equal(("HE02AAA", "tests", "active"), (entry.Pattern, entry.AddedBy, entry.State));

        var changed = await Caller.ReadAsync<HotlistEntryView>(await core.Http.PutAsJsonAsync($"/api/hotlist/{entry.Id}", entry with { Priority = 1, Reason = "Stolen, armed" }, Token));
        Assert.Equal((1, "Stolen, armed", entry.Id), (changed.Priority, changed.Reason, changed.Id));
        using var wrong = await core.Http.PutAsJsonAsync($"/api/hotlist/{entry.Id}", entry with { Priority = 9 }, Token);
        using var nothing = await core.Http.PutAsJsonAsync($"/api/hotlist/{Guid.NewGuid()}", entry, Token);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NotFound), (wrong.StatusCode, nothing.StatusCode));

        using var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        using var silent = await person.Http.DeleteAsync($"/api/hotlist/{entry.Id}", Token);
        using var request = new HttpRequestMessage(HttpMethod.Delete, $"/api/hotlist/{entry.Id}") { Headers = { { "Audit-Reason", "recovered" } } };
        using var removed = await person.Http.SendAsync(request, Token);
        Assert.Equal((HttpStatusCode.BadRequest, HttpStatusCode.NoContent), (silent.StatusCode, removed.StatusCode));
        Assert.Empty(await FindAsync("text=HE02AAA"));
        var line = (await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=hotlist.remove", Token))!.Items[0];
        Assert.Equal(("administrator", "recovered"), (line.Actor, line.Reason));
        Assert.Contains("HE02AAA", line.Details!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Lines_left_out_of_an_import_come_back_as_a_file_that_can_be_mended_and_imported()
    {
        var report = await ImportAsync("pattern,reason,priority,list\nHE03AAA,Stolen,1,met\n???,Stolen,1,met\nHE03AAB,,2,met\nHE03AAC,\"Stolen, twice\",soon,met\n");

        Assert.Equal((4, 1, 3), (report.Read, report.Imported, report.Rejected));
        Assert.Equal([3L, 4L, 5L], report.Errors.Select(e => e.Line));
        var lines = report.RejectedCsv!.Split(["\r\n", "\n"], StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("pattern,reason,priority,list,line,error", lines[0]);
        Assert.StartsWith("HE03AAC,\"Stolen, twice\",soon,met,5,", lines[3], StringComparison.Ordinal);

        var mended = await ImportAsync(report.RejectedCsv!.Replace("???", "HE03AAD", StringComparison.Ordinal).Replace("HE03AAB,,", "HE03AAB,Stolen,", StringComparison.Ordinal).Replace("soon", "3", StringComparison.Ordinal));
        Assert.Equal((3, 3, 0), (mended.Read, mended.Imported, mended.Rejected));
        Assert.Null(mended.RejectedCsv);
        Assert.Equal(4, (await FindAsync("text=HE03")).Count);
    }

    [Theory]
    [InlineData("pattern,reason,requester,from,to\nHE04AAA,Stolen,met,2026-11-01,2026-11-30\n", "Unknown columns: requester, from, to. The columns are pattern, plate, reason, priority, requestedBy, list, validFrom, validTo")]
    [InlineData("plate,reason,prio\nHE04AAA,Stolen,1\n", "Unknown column: prio")]
    public async Task A_list_with_a_column_that_is_not_known_is_refused_and_the_columns_that_exist_are_named(string csv, string says)
    {
        using var answer = await PostAsync(csv, "text/csv");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(await FindAsync("text=HE04"));
    }

    [Fact]
    public async Task A_list_with_a_property_that_is_not_known_is_refused_as_a_whole()
    {
        using var answer = await PostAsync("""[{ "pattern": "HE07AAB", "reason": "Stolen" }, { "pattern": "HE07AAA", "reason": "Stolen", "to": "2026-11-30" }]""", "application/json");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("Entry 2 has an unknown property: to. The properties are pattern, reason", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(await FindAsync("text=HE07"));
    }

    [Theory]
    [InlineData("pattern,plate,reason\nHE09AAA,HE09AAB,Stolen\n", "names both pattern and plate")]
    [InlineData("pattern,reason,Reason\nHE09AAA,Stolen,Armed\n", "names the column reason twice")]
    [InlineData("pattern,reason,valid_to,validTo\nHE09AAA,Stolen,2026-11-30,2026-12-30\n", "names the column")]
    public async Task A_list_with_two_columns_for_one_thing_is_refused(string csv, string says)
    {
        using var answer = await PostAsync(csv, "text/csv");

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains(says, await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.Empty(await FindAsync("text=HE09"));
    }

    [Fact]
    public async Task A_row_whose_fields_do_not_go_with_the_header_and_a_second_row_of_one_entry_are_reported_and_not_imported()
    {
        var report = await ImportAsync("pattern,reason\nHE10AAA,Stolen, armed and dangerous\nHE10AAB\nHE10AAC,Stolen\nHE10AAC,Wanted\nHE10AAD,\"Stolen, armed\"\n");

        Assert.Equal((5L, 2L), (report.Read, report.Imported));
        Assert.Equal([2L, 3L, 5L], report.Errors.Select(e => e.Line));
        Assert.Contains("no column takes 'armed and dangerous'", report.Errors[0].Error, StringComparison.Ordinal);
        Assert.Contains("1 field, but the header names 2 columns", report.Errors[1].Error, StringComparison.Ordinal);
        Assert.Equal("Line 4 has the same pattern and requester.", report.Errors[2].Error);
        Assert.Equal(["HE10AAC", "HE10AAD"], (await FindAsync("text=HE10")).Order());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_row_that_repeats_one_from_long_before_is_named_with_the_line_of_the_first(bool preview)
    {
        const int rows = 25_000;
        var csv = new StringBuilder("pattern,reason,requestedBy\n");
        for (var i = 0; i < rows; i++)
        {
            csv.Append(CultureInfo.InvariantCulture, $"HE{(preview ? 20 : 21)}{(i is 24_000 or 9_999 ? 3 : i):00000},Stolen,{(i == 24_001 ? "" : "met")}\n");
        }

        csv.Append(CultureInfo.InvariantCulture, $"HE{(preview ? 20 : 21)}24001,Stolen,\n");

        var report = await ImportAsync(csv.ToString(), preview);

        Assert.Equal((rows + 1L, rows - 2L), (report.Read, report.Imported));
        Assert.Equal(
            [(10_001L, "Line 5 has the same pattern and requester."), (24_002L, "Line 5 has the same pattern and requester."), (25_002L, "Line 24003 has the same pattern and requester.")],
            report.Errors.Select(e => (e.Line, e.Error)));
        Assert.Equal(preview ? 0L : rows - 2L, await core.Postgres.ScalarAsync<long>($"select count(*) from hotlist_entries where pattern like 'HE{(preview ? 20 : 21)}_____'"));
    }

    [Fact]
    public async Task A_day_alone_is_a_whole_day_in_London_in_a_list_and_in_a_request()
    {
        await ImportAsync("pattern,reason,validFrom,validTo\nHE05AAA,Stolen,2026-07-01,2026-07-01\nHE05AAB,Stolen,2026-07-02,2026-07-01\nHE05AAC,Stolen,1/7/2026,\n");
        using var posted = await core.Http.PostAsync(new Uri("/api/hotlist", UriKind.Relative), new StringContent("""{ "pattern": "HE05AAD", "reason": "Stolen", "validFrom": "2026-12-01", "validTo": "2026-12-31" }""", Encoding.UTF8, "application/json"), Token);
        var made = await Caller.ReadAsync<HotlistEntryView>(posted);

        var imported = Assert.Single((await core.Http.GetFromJsonAsync<Page<HotlistEntryView>>("/api/hotlist?text=HE05AA", Token))!.Items, e => e.Pattern != "HE05AAD");
        Assert.Equal((new DateTimeOffset(2026, 6, 30, 23, 0, 0, TimeSpan.Zero), new DateTimeOffset(2026, 7, 1, 23, 0, 0, TimeSpan.Zero)), (imported.ValidFrom, imported.ValidTo));
        Assert.Equal((new DateTimeOffset(2026, 12, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2027, 1, 1, 0, 0, 0, TimeSpan.Zero)), (made.ValidFrom, made.ValidTo));
    }

    [Fact]
    public async Task A_preview_says_what_would_be_imported_and_saves_nothing_and_an_export_comes_back_as_it_is()
    {
        using var content = new StringContent("pattern,reason,validTo\nHE06AAA,Stolen,2030-01-31\n???,Stolen,\n", Encoding.UTF8, "text/csv");
        var report = await Caller.ReadAsync<ImportReport>(await core.Http.PostAsync(new Uri("/api/hotlist/import?preview=true", UriKind.Relative), content, Token));

        Assert.Equal((true, 2L, 1L, 1L), (report.Preview, report.Read, report.Imported, report.Rejected));
        Assert.Equal(("HE06AAA", new DateTimeOffset(2030, 2, 1, 0, 0, 0, TimeSpan.Zero)), (Assert.Single(report.Sample!).Pattern, report.Sample![0].ValidTo));
        Assert.Empty(await FindAsync("text=HE06"));

        await ImportAsync("pattern,reason\nHE06AAB,Stolen\n");
        var again = await ImportAsync(await core.Http.GetStringAsync("/api/hotlist/export?text=HE06", Token));
        Assert.Equal((1L, 1L), (again.Read, again.Imported));
    }

    [Fact]
    public async Task What_an_entry_would_have_met_is_said_before_it_is_saved()
    {
        var now = TimeProvider.System.GetUtcNow();
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync(Records(Sighting("HE08AAA", now.AddHours(-1)), Sighting("HE08AAB", now.AddHours(-2)), Sighting("HE08AAA", now.AddHours(-3)), Sighting("HE08AAA", now.AddHours(-30))), [], Token);

        var reach = await Caller.ReadAsync<HotlistReach>(await core.Http.PostAsJsonAsync("/api/hotlist/reach", new HotlistQuestion("he08 a?*"), Token));
        using var wrong = await core.Http.PostAsJsonAsync("/api/hotlist/reach", new HotlistQuestion("*"), Token);

        Assert.Equal(("HE08A?*", 3L, 2L), (reach.Pattern, reach.Passages, reach.Vehicles));
        Assert.Equal(HttpStatusCode.BadRequest, wrong.StatusCode);
    }

    private async Task<HotlistEntryView> AddAsync(HotlistEntryView entry) => await Caller.ReadAsync<HotlistEntryView>(await core.Http.PostAsJsonAsync("/api/hotlist", entry, Token));

    private async Task<ImportReport> ImportAsync(string csv, bool preview = false) => await Caller.ReadAsync<ImportReport>(await PostAsync(csv, "text/csv", preview));

    private Task<HttpResponseMessage> PostAsync(string text, string type, bool preview = false) => core.Http.PostAsync(new Uri($"/api/hotlist/import?preview={(preview ? "true" : "false")}", UriKind.Relative), new StringContent(text, Encoding.UTF8, type), Token);

    private async Task<List<string>> FindAsync(string query) => [.. (await core.Http.GetFromJsonAsync<Page<HotlistEntryView>>($"/api/hotlist?{query}", Token))!.Items.Select(e => e.Pattern).Order()];
}

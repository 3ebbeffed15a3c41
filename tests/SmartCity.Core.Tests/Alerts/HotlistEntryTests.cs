using System.Net;
using System.Net.Http.Json;
using System.Text;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

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
        Assert.Equal(["HE01AAC"], await FindAsync("state=upcoming"));
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

    private async Task<HotlistEntryView> AddAsync(HotlistEntryView entry) => await Caller.ReadAsync<HotlistEntryView>(await core.Http.PostAsJsonAsync("/api/hotlist", entry, Token));

    private async Task<ImportReport> ImportAsync(string csv) =>
        await Caller.ReadAsync<ImportReport>(await core.Http.PostAsync(new Uri("/api/hotlist/import", UriKind.Relative), new StringContent(csv, Encoding.UTF8, "text/csv"), Token));

    private async Task<List<string>> FindAsync(string query) => [.. (await core.Http.GetFromJsonAsync<Page<HotlistEntryView>>($"/api/hotlist?{query}", Token))!.Items.Select(e => e.Pattern).Order()];
}

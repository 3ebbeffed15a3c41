using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Core.Retention;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Notes;

/// <summary>What somebody noted of a vehicle or a station is there for whoever meets it next, and is personal data where it is about a vehicle.</summary>
public sealed class NoteTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_note_on_a_vehicle_is_found_with_a_reason_and_on_its_alerts()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        using var searcher = await Caller.OfRoleAsync(core, Role.Investigator);
        var alert = Guid.CreateVersion7();
        await core.Postgres.ExecuteAsync(
            "insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at) values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), 'NO01AAA', 'NO01AAA', 'Stolen', 1, 'london-a1', now(), now())", alert);
        var added = await AddAsync(person, new NewNote(" A trailer hides the rear plate. ", AlertId: alert));
        await AddAsync(searcher, new NewNote("It was repainted.", Plate: "no01 aaa"));

        var seen = (await person.Http.GetFromJsonAsync<Page<NoteView>>($"/api/notes/alerts/{alert}", Token))!.Items;
        Assert.Equal(["It was repainted.", "A trailer hides the rear plate."], seen.Select(n => n.Text));
        using var refused = await person.Http.PostAsJsonAsync("/api/notes/search", new NotesAsked("NO01AAA"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var why = await searcher.Http.PostAsJsonAsync("/api/notes/search", new NotesAsked("NO01AAA"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, why.StatusCode);
        searcher.Http.DefaultRequestHeaders.Add("Audit-Reason", "case 12");
        var found = await Caller.ReadAsync<Page<NoteView>>(await searcher.Http.PostAsJsonAsync("/api/notes/search", new NotesAsked("NO01AAA"), Token));
        Assert.Equal(2, found.Items.Count);
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'notes.search' and subject = 'NO01AAA' and reason = 'case 12'"));

        using var others = await searcher.Http.DeleteAsync($"/api/notes/{added.Id}", Token);
        Assert.Equal(HttpStatusCode.NotFound, others.StatusCode);
        using var own = await person.Http.DeleteAsync($"/api/notes/{added.Id}", Token);
        Assert.Equal(HttpStatusCode.NoContent, own.StatusCode);
        Assert.Single((await person.Http.GetFromJsonAsync<Page<NoteView>>($"/api/notes/alerts/{alert}", Token))!.Items);
    }

    [Fact]
    public async Task A_note_is_on_one_thing_that_there_is()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        await AddAsync(person, new NewNote("The barrier sticks.", StationId: "london-a1"));
        Assert.Equal("The barrier sticks.", Assert.Single((await person.Http.GetFromJsonAsync<Page<NoteView>>("/api/notes/stations/london-a1", Token))!.Items).Text);
        using var unseen = await viewer.Http.GetAsync("/api/notes/stations/london-a1", Token);
        Assert.Equal(HttpStatusCode.Forbidden, unseen.StatusCode);
        foreach (var (wrong, status) in ((NewNote, HttpStatusCode)[])
        [
            (new("x"), HttpStatusCode.BadRequest), (new(" ", "NO02AAA"), HttpStatusCode.BadRequest), (new("x", "NO02AAA", "london-a1"), HttpStatusCode.BadRequest), (new("x", "?"), HttpStatusCode.BadRequest),
            (new("x", StationId: "nowhere"), HttpStatusCode.BadRequest), (new("x", AlertId: Guid.NewGuid()), HttpStatusCode.NotFound), (new(new string('x', 501), "NO02AAA"), HttpStatusCode.BadRequest),
        ])
        {
            using var refused = await person.Http.PostAsJsonAsync("/api/notes", wrong, Token);
            Assert.Equal(status, refused.StatusCode);
        }

        using var looksOnly = await viewer.Http.PostAsJsonAsync("/api/notes", new NewNote("x", StationId: "london-a1"), Token);
        Assert.Equal(HttpStatusCode.Forbidden, looksOnly.StatusCode);
    }

    [Fact]
    public async Task Notes_on_a_vehicle_are_told_to_its_keeper_hidden_while_restricted_erased_and_removed_when_their_time_is_over()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        var (on, station) = (await AddAsync(person, new NewNote("Its driver shouts.", Plate: "NO03AAA")), await AddAsync(person, new NewNote("no03 aaa waits here often.", StationId: "london-a4")));
        var old = await AddAsync(person, new NewNote("Long ago.", StationId: "london-a4"));

        using var package = new ZipArchive(await core.Http.GetStreamAsync(new Uri("/api/privacy/access?plate=NO03AAA", UriKind.Relative), Token));
        using var told = new StreamReader(await package.GetEntry("notes.csv")!.OpenAsync(Token));
        var text = await told.ReadToEndAsync(Token);
        Assert.Contains("Its driver shouts.", text, StringComparison.Ordinal);
        Assert.Equal(3, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.DoesNotContain(on.By, text, StringComparison.Ordinal);

        using var searcher = await Caller.OfRoleAsync(core, Role.Investigator);
        searcher.Http.DefaultRequestHeaders.Add("Audit-Reason", "case 12");
        var restriction = await Caller.ReadAsync<RestrictionView>(await core.Http.PostAsJsonAsync("/api/privacy/restrictions", new NewRestriction("NO03AAA"), Token));
        Assert.Empty((await Caller.ReadAsync<Page<NoteView>>(await searcher.Http.PostAsJsonAsync("/api/notes/search", new NotesAsked("NO03AAA"), Token))).Items);
        await core.Postgres.ExecuteAsync("update notes set at = now() - interval '91 days' where id = $1 or id = $2", on.Id, old.Id);
        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);
        Assert.Equal(2L, await core.Postgres.ScalarAsync<long>("select count(*) from notes where id = $1 or id = $2 or id = $3", on.Id, station.Id, old.Id));

        using var lifted = await core.Http.PostAsync($"/api/privacy/restrictions/{restriction.Id}/lift", null, Token);
        using var asked = await core.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked("NO03AAA"), Token);
        Assert.True(lifted.IsSuccessStatusCode && asked.IsSuccessStatusCode);
        await CoreHost.UntilAsync(() => core.Postgres.ScalarAsync<bool>("select not exists (select from erasures where plate = 'NO03AAA')"), "the erasure is done");
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from notes where id = $1 or id = $2", on.Id, station.Id));
    }

    private static async Task<NoteView> AddAsync(Caller person, NewNote note) => await Caller.ReadAsync<NoteView>(await person.Http.PostAsJsonAsync("/api/notes", note, Token));
}

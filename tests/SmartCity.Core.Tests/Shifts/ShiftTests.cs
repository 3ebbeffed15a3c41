using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Core.Retention;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Shifts;

/// <summary>What happens in the control room is written down by whoever is there, and the next person knows what waits. One shift runs at a time, so these tests take turns.</summary>
public sealed class ShiftTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_shift_is_handed_over_with_what_waits_and_runs_until_the_next_person_has_taken_over()
    {
        using var first = await Caller.OfRoleAsync(core, Role.Operator);
        using var second = await Caller.OfRoleAsync(core, Role.Operator);
        var (me, next) = (await NameAsync(first), await NameAsync(second));
        var alert = await AlertAsync("SH01AAA", "open");
        await BeginAsync(first);
        Assert.Equal(HttpStatusCode.Conflict, (await first.Http.PostAsync("/api/shifts", null, Token)).StatusCode);
        await WriteAsync(first, new NewShiftEntry("The police ring back at six.", ShiftReference.Alert, alert.ToString()));

        var running = (await NowAsync(second)).Running!.Shift;
        Assert.Equal((me, (string?)null, 1), (running.HeldBy, running.HandedTo, running.Entries));
        using var nobody = await first.Http.PostAsJsonAsync($"/api/shifts/{running.Id}/handover", new ShiftHandover("nobody of that name"), Token);
        Assert.Equal(HttpStatusCode.BadRequest, nobody.StatusCode);
        Assert.Contains(next, await nobody.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var early = await second.Http.PostAsync($"/api/shifts/{running.Id}/take", null, Token);
        Assert.Equal(HttpStatusCode.Conflict, early.StatusCode);

        await DoneAsync(first.Http.PostAsJsonAsync($"/api/shifts/{running.Id}/handover", new ShiftHandover(next, "Camera 3 is dirty."), Token));
        using var own = await first.Http.PostAsync($"/api/shifts/{running.Id}/take", null, Token);
        Assert.Equal(HttpStatusCode.Conflict, own.StatusCode);
        await core.Postgres.ExecuteAsync("update alerts set state = 'resolved' where id = $1", alert);
        await DoneAsync(second.Http.PostAsync($"/api/shifts/{running.Id}/take", null, Token));

        var now = await NowAsync(second);
        Assert.Equal(next, now.Running!.Shift.HeldBy);
        Assert.Equal((me, next, next, "Camera 3 is dirty."), (now.Before!.Shift.HandedBy, now.Before.Shift.HandedTo, now.Before.Shift.TakenBy, now.Before.Shift.Note));
        // What waited then is kept as it was; it names no plate.
        Assert.Contains(now.Before.Waiting!.FirstAlerts!, a => a.Id == alert && a.State == "open");
        Assert.DoesNotContain(now.Waiting.FirstAlerts!, a => a.Id == alert);
        Assert.DoesNotContain("SH01AAA", await core.Postgres.ScalarAsync<string>("select waiting::text from shifts where id = $1", running.Id), StringComparison.Ordinal);
        Assert.Equal("The police ring back at six.", Assert.Single(now.Before.Entries).Text);
        Assert.Superset(new HashSet<string> { me, next }, now.SignedIn.ToHashSet());
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'shifts.take' and actor = $1", next));
    }

    [Fact]
    public async Task An_entry_stays_as_it_was_written_and_is_struck_with_a_reason()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        await BeginAsync(person);
        var written = await WriteAsync(person, new NewShiftEntry(" The barrier at Angel is broken. ", ShiftReference.Station, "london-a1"));
        Assert.Equal(("The barrier at Angel is broken.", "london-a1"), (written.Text, written.About));
        foreach (var wrong in (NewShiftEntry[])[new(" "), new("x", "ghost", "1"), new("x", ShiftReference.Vehicle, "not a plate!"), new("x", ShiftReference.Alert, Guid.NewGuid().ToString()), new("x", ShiftReference.Station, "nowhere"), new("x", null, "something")])
        {
            using var refused = await person.Http.PostAsJsonAsync("/api/shifts/entries", wrong, Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }

        using var why = await person.Http.PostAsync($"/api/shifts/entries/{written.Id}/strike", null, Token);
        Assert.Equal(HttpStatusCode.BadRequest, why.StatusCode);
        person.Http.DefaultRequestHeaders.Add("Audit-Reason", "the wrong station");
        var struck = await Caller.ReadAsync<ShiftLogEntry>(await person.Http.PostAsync($"/api/shifts/entries/{written.Id}/strike", null, Token));
        Assert.Equal((written.Text, "the wrong station"), (struck.Text, struck.StruckReason));
        using var again = await person.Http.PostAsync($"/api/shifts/entries/{written.Id}/strike", null, Token);
        Assert.Equal(HttpStatusCode.NotFound, again.StatusCode);
        Assert.Contains((await NowAsync(person)).Running!.Entries, e => e.Id == written.Id && e.StruckReason == "the wrong station");

        var rewritten = await Assert.ThrowsAsync<PostgresException>(() => core.Postgres.ExecuteAsync("update shift_entries set text = 'Nothing happened.' where id = $1", written.Id));
        Assert.Contains("stays as it was written", rewritten.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_earlier_shift_is_read_with_a_reason_and_what_waits_is_shown_by_scope()
    {
        using var first = await Caller.OfRoleAsync(core, Role.Operator);
        using var second = await Caller.OfRoleAsync(core, Role.Investigator);
        using var viewer = await Caller.OfRoleAsync(core, Role.Viewer);
        await BeginAsync(first);
        await WriteAsync(first, new NewShiftEntry("It stood at the gate.", ShiftReference.Vehicle, "sh02 aaa"));
        var running = (await NowAsync(first)).Running!.Shift;
        await DoneAsync(first.Http.PostAsJsonAsync($"/api/shifts/{running.Id}/handover", new ShiftHandover(await NameAsync(second)), Token));
        await DoneAsync(second.Http.PostAsync($"/api/shifts/{running.Id}/take", null, Token));

        using var without = await second.Http.GetAsync($"/api/shifts/{running.Id}", Token);
        Assert.Equal(HttpStatusCode.BadRequest, without.StatusCode);
        second.Http.DefaultRequestHeaders.Add("Audit-Reason", "a complaint");
        var detail = await Caller.ReadAsync<ShiftLogDetail>(await second.Http.GetAsync($"/api/shifts/{running.Id}", Token));
        Assert.Contains(detail.Entries, e => e.About == "SH02AAA");
        Assert.NotNull(detail.Waiting!.Alerts);
        Assert.Null(detail.Waiting.Faults);
        Assert.Equal(1L, await core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'shifts.read' and subject = $1 and reason = 'a complaint'", running.Id.ToString()));
        Assert.Contains((await second.Http.GetFromJsonAsync<Page<ShiftLogView>>("/api/shifts", Token))!.Items, s => s.Id == running.Id);
        using var refused = await viewer.Http.GetAsync("/api/shifts/now", Token);
        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        using var program = await core.Http.PostAsync($"/api/shifts/{running.Id}/take", null, Token);
        Assert.Equal(HttpStatusCode.Forbidden, program.StatusCode);
    }

    [Fact]
    public async Task Entries_about_a_vehicle_are_told_to_its_keeper_hidden_while_restricted_and_erased()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        await BeginAsync(person);
        var (about, named, other) = (
            await WriteAsync(person, new NewShiftEntry("Its exhaust is loud.", ShiftReference.Vehicle, "SH03AAA")), await WriteAsync(person, new NewShiftEntry("Seen sh03 aaa behind XSH03AAA.")), await WriteAsync(person, new NewShiftEntry("Quiet, but for XSH03AAA.")));

        using var package = new ZipArchive(await core.Http.GetStreamAsync(new Uri("/api/privacy/access?plate=SH03AAA", UriKind.Relative), Token));
        using var told = new StreamReader(await package.GetEntry("shift_entries.csv")!.OpenAsync(Token));
        var text = await told.ReadToEndAsync(Token);
        Assert.Contains("Its exhaust is loud.", text, StringComparison.Ordinal);
        Assert.DoesNotContain("XSH03AAA", text, StringComparison.Ordinal);
        Assert.DoesNotContain(about.By, text, StringComparison.Ordinal);

        var restriction = await Caller.ReadAsync<RestrictionView>(await core.Http.PostAsJsonAsync("/api/privacy/restrictions", new NewRestriction("SH03AAA"), Token));
        Assert.DoesNotContain((await NowAsync(person)).Running!.Entries, e => e.Id == about.Id);
        await core.Postgres.ExecuteAsync("update shifts set handed_at = now(), handed_by = 'a', handed_to = 'b', taken_by = 'b', ended_at = now() - interval '3 years' where id = (select shift_id from shift_entries where id = $1)", about.Id);
        await RetainAsync();
        Assert.Equal(3L, await core.Postgres.ScalarAsync<long>("select count(*) from shift_entries where id = $1 or id = $2 or id = $3", about.Id, named.Id, other.Id));

        await DoneAsync(core.Http.PostAsync($"/api/privacy/restrictions/{restriction.Id}/lift", null, Token));
        await DoneAsync(core.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked("SH03AAA"), Token));
        await CoreHost.UntilAsync(() => core.Postgres.ScalarAsync<bool>("select not exists (select from erasures where plate = 'SH03AAA')"), "the erasure is done");
        Assert.Equal(other.Id, await core.Postgres.ScalarAsync<Guid>("select id from shift_entries where id = $1 or id = $2 or id = $3", about.Id, named.Id, other.Id));
        await RetainAsync();
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from shift_entries where id = $1", other.Id));
    }

    private Task RetainAsync() => core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

    // Whatever another test has left running is over.
    private async Task BeginAsync(Caller person)
    {
        await core.Postgres.ExecuteAsync("update shifts set handed_at = now(), handed_by = 'a', handed_to = 'b', taken_by = 'b', ended_at = now() - interval '2 days' where ended_at is null");
        await DoneAsync(person.Http.PostAsync("/api/shifts", null, Token));
    }

    private static async Task<ShiftLogEntry> WriteAsync(Caller person, NewShiftEntry entry) => await Caller.ReadAsync<ShiftLogEntry>(await person.Http.PostAsJsonAsync("/api/shifts/entries", entry, Token));

    private static async Task<ShiftsNow> NowAsync(Caller person) => (await person.Http.GetFromJsonAsync<ShiftsNow>("/api/shifts/now", Token))!;

    private static async Task<string> NameAsync(Caller person) => (await person.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;

    private static async Task DoneAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private async Task<Guid> AlertAsync(string plate, string state)
    {
        var id = Guid.CreateVersion7();
        await core.Postgres.ExecuteAsync(
            "insert into alerts (id, entry_id, passage_id, sighting_id, plate, pattern, reason, priority, station_id, captured_at, raised_at, state) values ($1, gen_random_uuid(), gen_random_uuid(), gen_random_uuid(), $2, $2, 'Stolen', 1, 'london-a1', now(), now(), $3)",
            id, plate, state);
        return id;
    }
}

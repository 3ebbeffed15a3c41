using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Investigations;
using SmartCity.Core.Packages;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Audit;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Models;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Investigations;

/// <summary>What people gather for one matter stays together, whatever becomes of the records, until its own last day is over.</summary>
public sealed class InvestigationTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static DateOnly NextYear => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddYears(1);

    private CoreHost Core => host.Core;

    private IObjectStore Objects => Core.Services.GetRequiredService<IObjectStore>();

    [Fact]
    public async Task What_was_gathered_is_there_and_packed_after_its_records_and_pictures_are_gone()
    {
        var sighting = await StoreAsync("IN01AAA");
        using var person = await PersonAsync();
        var opened = await OpenAsync(person, "Burglary in Angel");
        await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("sighting", sighting.Id, "the van of the witness"), Token));
        await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/notes", new NewInvestigationNote("Witness rang back."), Token));
        var file = await Caller.ReadAsync<InvestigationFile>(await person.Http.PostAsync($"/api/investigations/{opened.Id}/files?name=..%2Fstatement.txt", new ByteArrayContent("I saw it."u8.ToArray()), Token));
        Assert.Equal(("statement.txt", 9L, Convert.ToHexStringLower(SHA256.HashData("I saw it."u8))), (file.Name, file.Bytes, file.Sha256));

        await Core.Postgres.ExecuteAsync("delete from review_cases where plate = 'IN01AAA'; delete from sightings where plate = 'IN01AAA'; delete from passages where plate = 'IN01AAA'");
        await Objects.DeleteAsync(sighting.Evidence!, Token);
        await Objects.DeleteAsync(Contracts.Sighting.PatchKey(sighting.Evidence!), Token);

        var detail = await Caller.ReadAsync<InvestigationDetail>(await person.Http.GetAsync($"/api/investigations/{opened.Id}", Token));
        var item = Assert.Single(detail.Items);
        Assert.Equal(("sighting", sighting.Id, "IN01AAA", "the van of the witness"), (item.Kind, item.Id, item.Plate, item.Note));
        Assert.Equal("plate", await person.Http.GetStringAsync($"/api/investigations/{opened.Id}/pictures/{item.Picture}", Token));
        Assert.Equal("I saw it.", await person.Http.GetStringAsync($"/api/investigations/{opened.Id}/files/{file.Id}", Token));
        Assert.Equal("Witness rang back.", Assert.Single(detail.Notes).Text);

        var package = await person.Http.GetByteArrayAsync($"/api/packages/investigations/{opened.Id}", Token);
        using var key = ModelVerifier.Of(await person.Http.GetStringAsync("/api/packages/key", Token));
        Assert.Empty(await PackageCheck.RunAsync(new MemoryStream(package), key, Token));
        using var zip = new ZipArchive(new MemoryStream(package));
        var page = Text(zip, "index.html");
        Assert.All((string[])["Burglary in Angel", "Witness rang back.", "the van of the witness", "IN01AAA", "AB12CDF", "investigations.note"], expected => Assert.Contains(expected, page, StringComparison.Ordinal));
        Assert.Equal("frame", Text(zip, "pictures/" + sighting.Evidence!["evidence/".Length..]));
        Assert.Equal("I saw it.", Text(zip, "files/1-statement.txt"));
    }

    [Fact]
    public async Task A_closed_one_takes_nothing_more_and_goes_when_its_last_day_is_over_while_an_open_one_stays()
    {
        var sighting = await StoreAsync("IN02AAA");
        using var person = await PersonAsync();
        var (closed, open) = (await OpenAsync(person, "Closed"), await OpenAsync(person, "Open"));
        await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{closed.Id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token));
        var changed = await Caller.ReadAsync<InvestigationView>(await person.Http.PutAsJsonAsync($"/api/investigations/{closed.Id}", new InvestigationChange("Closed", "To test", null, "somebody else", "closed", NextYear), Token));
        Assert.Equal(("closed", "somebody else"), (changed.State, changed.Owner));
        using var late = await person.Http.PostAsJsonAsync($"/api/investigations/{closed.Id}/notes", new NewInvestigationNote("one more"), Token);
        Assert.Equal(HttpStatusCode.Conflict, late.StatusCode);

        var retention = Core.Services.GetRequiredService<InvestigationRetention>();
        await retention.RunAsync(Token);
        Assert.True(await Objects.ExistsAsync(InvestigationStore.CopyKey(closed.Id, sighting.Evidence!), Token));
        await Core.Postgres.ExecuteAsync("update investigations set keep_until = current_date - 2 where id = $1 or id = $2", closed.Id, open.Id);

        // What cannot be written down does not go.
        await ChangeAndLine.FailingAsync(Core, "audit", async () => await Assert.ThrowsAsync<PostgresException>(() => retention.RunAsync(Token)));
        Assert.Equal(1L, await Core.Postgres.ScalarAsync<long>("select count(*) from investigations where id = $1", closed.Id));
        await retention.RunAsync(Token);

        Assert.Equal([open.Id], (await Core.Http.GetFromJsonAsync<Page<InvestigationView>>("/api/investigations", Token))!.Items.Select(i => i.Id).Where(i => i == open.Id || i == closed.Id));
        Assert.False(await Objects.ExistsAsync(InvestigationStore.CopyKey(closed.Id, sighting.Evidence!), Token));
        Assert.Equal(1L, await Core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'investigations.expired' and subject = $1", closed.Id.ToString()));
    }

    [Fact]
    public async Task Adding_an_item_again_keeps_what_retention_and_an_erasure_have_taken_since()
    {
        var (kept, erased) = (await StoreAsync("IN04AAA", watched: true), await StoreAsync("IN05AAA"));
        var alert = await AlertAsync("IN04AAA");
        using var person = await PersonAsync();
        var opened = await OpenAsync(person, "Twice");
        NewInvestigationItem[] items = [new("alert", alert.Id, null), new("sighting", erased.Id, "the first note")];
        foreach (var item in items)
        {
            await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", item, Token));
        }

        await Core.Postgres.ExecuteAsync("delete from review_cases where plate in ('IN04AAA', 'IN05AAA'); delete from sightings where plate = 'IN04AAA'; delete from passages where plate in ('IN04AAA', 'IN05AAA')");
        await Core.Postgres.ExecuteAsync("update sightings set plate = null, read_plate = null, country = null, format = null, characters = '{}', alternatives = '[]', evidence = null, passage_id = null where plate = 'IN05AAA'");
        await Objects.PutAsync(kept.Evidence!, "another"u8.ToArray(), "image/jpeg", Token);
        await Objects.PutAsync(Contracts.Sighting.PatchKey(kept.Evidence!), "another"u8.ToArray(), "image/jpeg", Token);
        await Objects.DeleteAsync(erased.Evidence!, Token);
        foreach (var item in items)
        {
            await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", item with { Note = null }, Token));
        }

        var detail = await Caller.ReadAsync<InvestigationDetail>(await person.Http.GetAsync($"/api/investigations/{opened.Id}", Token));
        Assert.Equal(("IN05AAA", "the first note"), detail.Items.Where(i => i.Id == erased.Id).Select(i => (i.Plate, i.Note)).Single());
        using var zip = new ZipArchive(new MemoryStream(await person.Http.GetByteArrayAsync($"/api/packages/investigations/{opened.Id}", Token)));
        Assert.All((Sighting[])[kept, erased], sighting =>
        {
            Assert.Contains(sighting.Id.ToString(), Text(zip, "index.html"), StringComparison.Ordinal);
            Assert.Equal("frame", Text(zip, Packed(sighting.Evidence!)));
            Assert.Equal("plate", Text(zip, Packed(Contracts.Sighting.PatchKey(sighting.Evidence!))));
        });
    }

    [Fact]
    public async Task What_is_opened_again_keeps_all_and_what_is_being_removed_takes_nothing()
    {
        var sighting = await StoreAsync("IN06AAA");
        using var person = await PersonAsync();
        var (before, during) = (await OpenAsync(person, "Opened before"), await OpenAsync(person, "Opened during"));
        foreach (var id in (Guid[])[before.Id, during.Id])
        {
            await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token));
            await DoneAsync(ChangeAsync(person, id, "closed"));
        }

        await Core.Postgres.ExecuteAsync("update investigations set keep_until = current_date - 2 where id = $1 or id = $2", before.Id, during.Id);
        await DoneAsync(ChangeAsync(person, before.Id, "open"));
        var answers = new List<HttpStatusCode>();
        async Task MeanwhileAsync()
        {
            Func<Task<HttpResponseMessage>>[] calls =
            [
                () => ChangeAsync(person, during.Id, "open"),
                () => person.Http.PostAsJsonAsync($"/api/investigations/{during.Id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token),
                () => person.Http.PostAsJsonAsync($"/api/investigations/{during.Id}/notes", new NewInvestigationNote("late"), Token),
                () => person.Http.PostAsync($"/api/investigations/{during.Id}/files?name=late.txt", new ByteArrayContent([1]), Token),
            ];
            foreach (var call in calls)
            {
                using var answer = await call();
                answers.Add(answer.StatusCode);
            }
        }

        var orphan = $"investigations/{Guid.CreateVersion7()}/files/{Guid.NewGuid()}";
        await Objects.PutAsync(orphan, new byte[] { 1 }, "application/octet-stream", Token);
        await ActivatorUtilities.CreateInstance<InvestigationRetention>(Core.Services, new ObservedObjects(Objects, $"investigations/{during.Id}/", MeanwhileAsync)).RunAsync(Token);

        Assert.Equal([HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound, HttpStatusCode.NotFound], answers);
        Assert.Equal(HttpStatusCode.NotFound, (await person.Http.GetAsync($"/api/investigations/{during.Id}", Token)).StatusCode);
        Assert.Equal("frame", await person.Http.GetStringAsync($"/api/investigations/{before.Id}/pictures/{sighting.Evidence}", Token));
        Assert.False(await Objects.ExistsAsync(InvestigationStore.CopyKey(during.Id, sighting.Evidence!), Token));
        Assert.False(await Objects.ExistsAsync(orphan, Token));
    }

    [Fact]
    public async Task A_file_or_a_picture_that_was_changed_or_is_gone_is_named_and_never_given_out_as_genuine()
    {
        var sighting = await StoreAsync("IN07AAA");
        using var person = await PersonAsync();
        var opened = await OpenAsync(person, "Changed");
        await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token));
        var files = new List<InvestigationFile>();
        foreach (var name in (string[])["changed.txt", "gone.txt", "right.txt"])
        {
            files.Add(await Caller.ReadAsync<InvestigationFile>(await person.Http.PostAsync($"/api/investigations/{opened.Id}/files?name={name}", new ByteArrayContent("as it was"u8.ToArray()), Token)));
        }

        await Objects.PutAsync($"investigations/{opened.Id}/files/{files[0].Id}", "as it is"u8.ToArray(), "text/plain", Token);
        await Objects.DeleteAsync($"investigations/{opened.Id}/files/{files[1].Id}", Token);
        // The sighting holds no SHA-256 of the plate's picture; the copy has its own.
        var patch = Contracts.Sighting.PatchKey(sighting.Evidence!);
        await Objects.PutAsync(InvestigationStore.CopyKey(opened.Id, patch), "another"u8.ToArray(), "image/jpeg", Token);

        using var zip = new ZipArchive(new MemoryStream(await person.Http.GetByteArrayAsync($"/api/packages/investigations/{opened.Id}", Token)));
        var (page, manifest) = (Text(zip, "index.html"), Text(zip, "manifest.json"));
        Assert.Null(zip.GetEntry("files/1-changed.txt"));
        Assert.Null(zip.GetEntry("files/2-gone.txt"));
        Assert.Null(zip.GetEntry(Packed(patch)));
        Assert.Equal("as it was", Text(zip, "files/3-right.txt"));
        var left = System.Text.Json.JsonDocument.Parse(manifest).RootElement.GetProperty("leftOut").EnumerateArray().ToDictionary(f => f.GetProperty("name").GetString()!, f => f.GetProperty("why").GetString()!);
        Assert.Equal(["files/1-changed.txt", "files/2-gone.txt", Packed(patch)], left.Keys.Order(StringComparer.Ordinal));
        Assert.Contains("was changed", left["files/1-changed.txt"], StringComparison.Ordinal);
        Assert.Contains("not stored", left["files/2-gone.txt"], StringComparison.Ordinal);
        Assert.All(left.Values, why => Assert.Contains(why, page, StringComparison.Ordinal));

        Assert.Equal(HttpStatusCode.Conflict, (await person.Http.GetAsync($"/api/investigations/{opened.Id}/files/{files[0].Id}", Token)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await person.Http.GetAsync($"/api/investigations/{opened.Id}/pictures/{patch}", Token)).StatusCode);
        Assert.Equal("frame", await person.Http.GetStringAsync($"/api/investigations/{opened.Id}/pictures/{sighting.Evidence}", Token));
        Assert.Equal(1L, await Core.Postgres.ScalarAsync<long>("select count(*) from audit where action = 'investigations.picture' and strpos(subject, $1) > 0", opened.Id.ToString()));
    }

    [Fact]
    public async Task An_item_that_is_removed_takes_the_pictures_with_it_that_no_other_item_names()
    {
        var sighting = await StoreAsync("IN08AAA", watched: true);
        var alert = await AlertAsync("IN08AAA");
        using var person = await PersonAsync();
        var opened = await OpenAsync(person, "Removed");
        await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token));
        await DoneAsync(person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("alert", alert.Id, null), Token));
        var copy = InvestigationStore.CopyKey(opened.Id, sighting.Evidence!);

        await DoneAsync(person.Http.DeleteAsync($"/api/investigations/{opened.Id}/items/sighting/{sighting.Id}", Token));
        Assert.True(await Objects.ExistsAsync(copy, Token));
        await DoneAsync(ChangeAsync(person, opened.Id, "closed"));
        using var closed = await person.Http.DeleteAsync($"/api/investigations/{opened.Id}/items/alert/{alert.Id}", Token);
        Assert.Equal(HttpStatusCode.Conflict, closed.StatusCode);
        await DoneAsync(ChangeAsync(person, opened.Id, "open"));
        await DoneAsync(person.Http.DeleteAsync($"/api/investigations/{opened.Id}/items/alert/{alert.Id}", Token));

        Assert.False(await Objects.ExistsAsync(copy, Token));
        Assert.False(await Objects.ExistsAsync(Contracts.Sighting.PatchKey(copy), Token));
    }

    [Fact]
    public async Task A_package_that_would_be_too_large_is_refused_in_words()
    {
        using var person = await PersonAsync();
        var (many, large) = (await OpenAsync(person, "Many"), await OpenAsync(person, "Large"));
        for (var i = 0; i < 11; i++)
        {
            await DoneAsync(person.Http.PostAsync($"/api/investigations/{many.Id}/files?name={i}.txt", new ByteArrayContent([1]), Token));
        }

        await DoneAsync(person.Http.PostAsync($"/api/investigations/{large.Id}/files?name=a.bin", new ByteArrayContent(new byte[600 << 10]), Token));
        await DoneAsync(person.Http.GetAsync($"/api/packages/investigations/{large.Id}", Token));
        await DoneAsync(person.Http.PostAsync($"/api/investigations/{large.Id}/files?name=b.bin", new ByteArrayContent(new byte[600 << 10]), Token));

        foreach (var (id, setting) in ((Guid, string)[])[(many.Id, "Core:Packages:MostItems"), (large.Id, "Core:Packages:MostMegabytes")])
        {
            using var refused = await person.Http.GetAsync($"/api/packages/investigations/{id}", Token);
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
            Assert.Contains(setting, await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nobody_adds_what_they_may_not_see_and_a_change_needs_a_reason()
    {
        var sighting = await StoreAsync("IN03AAA");
        using var person = await PersonAsync();
        using var reviewer = await Caller.OfRoleAsync(Core, Role.Operator);
        var opened = await OpenAsync(person, "Rights");

        using var hidden = await reviewer.Http.GetAsync($"/api/investigations/{opened.Id}", Token);
        using var odd = await person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("rumour", sighting.Id, null), Token);
        using var nothing = await person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("charge", Guid.NewGuid(), null), Token);
        using var untitled = await person.Http.PostAsJsonAsync("/api/investigations", new NewInvestigation("", "To test", null, NextYear), Token);
        using var forever = await person.Http.PostAsJsonAsync("/api/investigations", new NewInvestigation("For ever", "To test", null, NextYear.AddYears(20)), Token);
        person.Http.DefaultRequestHeaders.Remove("Audit-Reason");
        using var silent = await person.Http.PutAsJsonAsync($"/api/investigations/{opened.Id}", new InvestigationChange("Rights", "To test", null, "me", "closed", NextYear), Token);
        using var past = await person.Http.PostAsJsonAsync($"/api/investigations/{opened.Id}/items", new NewInvestigationItem("sighting", sighting.Id, null), Token);

        Assert.Equal(HttpStatusCode.Forbidden, hidden.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, nothing.StatusCode);
        Assert.All((HttpResponseMessage[])[odd, untitled, forever, silent], answer => Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode));

        // The sighting was stored a moment ago, so it is live although it was captured long before.
        Assert.Equal(HttpStatusCode.NoContent, past.StatusCode);
    }

    private async Task<Caller> PersonAsync()
    {
        var person = await Caller.OfRoleAsync(Core, Role.Investigator);
        person.Http.DefaultRequestHeaders.Add("Audit-Reason", "burglary");
        return person;
    }

    private static async Task<InvestigationView> OpenAsync(Caller person, string title) =>
        await Caller.ReadAsync<InvestigationView>(await person.Http.PostAsJsonAsync("/api/investigations", new NewInvestigation(title, "To test", "MET/77", NextYear), Token));

    private static async Task DoneAsync(Task<HttpResponseMessage> call)
    {
        using var answer = await call;
        Assert.True(answer.IsSuccessStatusCode, await answer.Content.ReadAsStringAsync(Token));
    }

    private static Task<HttpResponseMessage> ChangeAsync(Caller person, Guid id, string state) =>
        person.Http.PutAsJsonAsync($"/api/investigations/{id}", new InvestigationChange("Changed", "To test", null, "somebody", state, NextYear), Token);

    private async Task<AlertView> AlertAsync(string plate) => (await Core.Http.GetFromJsonAsync<Page<AlertView>>($"/api/alerts?plate={plate}", Token))!.Items.Single();

    private static string Packed(string key) => "pictures/" + key["evidence/".Length..];

    private async Task<Sighting> StoreAsync(string plate, bool watched = false)
    {
        if (watched)
        {
            await DoneAsync(Core.Http.PostAsJsonAsync("/api/hotlist", new { pattern = plate, reason = "stolen", priority = 1, requestedBy = "Met" }, Token));
        }

        var sighting = Sighting(plate, Noon.AddMinutes(10 * (plate[3] - '0')), "london-a40") with { EvidenceSha256 = Convert.ToHexStringLower(SHA256.HashData("frame"u8)) };
        await Objects.PutAsync(sighting.Evidence!, "frame"u8.ToArray(), "image/jpeg", Token);
        await Objects.PutAsync(Contracts.Sighting.PatchKey(sighting.Evidence!), "plate"u8.ToArray(), "image/jpeg", Token);
        await Core.Services.GetRequiredService<SightingIngest>().ApplyAsync([Record(sighting)], [], Token);
        return sighting;
    }

    private static string Text(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open(), Encoding.UTF8);
        return reader.ReadToEnd();
    }

    // Lets something happen while the objects of one prefix are being removed.
    private sealed class ObservedObjects(IObjectStore inner, string prefix, Func<Task> meanwhile) : IObjectStore
    {
        private bool _done;

        public string Address => inner.Address;

        public Task<bool> ExistsAsync(string key, CancellationToken cancellationToken) => inner.ExistsAsync(key, cancellationToken);

        public Task<Uri?> UploadAddressAsync(string key, TimeSpan validFor) => inner.UploadAddressAsync(key, validFor);

        public Task PutOnceAsync(string key, ReadOnlyMemory<byte> content, string contentType, DateTimeOffset keepUntil, CancellationToken cancellationToken) => inner.PutOnceAsync(key, content, contentType, keepUntil, cancellationToken);

        public Task<Stream?> OpenAsync(string key, CancellationToken cancellationToken) => inner.OpenAsync(key, cancellationToken);

        public IAsyncEnumerable<ObjectEntry> ListAsync(string prefix, CancellationToken cancellationToken) => inner.ListAsync(prefix, cancellationToken);

        public Task<IReadOnlyDictionary<string, ObjectUsage>> MeasureAsync(CancellationToken cancellationToken) => inner.MeasureAsync(cancellationToken);

        public async Task DeleteAsync(string key, CancellationToken cancellationToken)
        {
            if (!_done && key.StartsWith(prefix, StringComparison.Ordinal))
            {
                _done = true;
                await meanwhile();
            }

            await inner.DeleteAsync(key, cancellationToken);
        }

        public Task PutAsync(string key, ReadOnlyMemory<byte> content, string contentType, CancellationToken cancellationToken) => inner.PutAsync(key, content, contentType, cancellationToken);

        public Task PutFileAsync(string key, string path, string contentType, CancellationToken cancellationToken) => inner.PutFileAsync(key, path, contentType, cancellationToken);
    }
}

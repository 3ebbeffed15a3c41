using System.Diagnostics;
using System.IO.Compression;
using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Models;
using SmartCity.Core.Packages;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Core.Tests.Models;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Packages;

/// <summary>What a charge or an alert rests on can be given to a court, and the court can tell that nobody changed it.</summary>
public sealed class PackageTests(ModelHost host) : IClassFixture<ModelHost>
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 19, 12, 0, 0, TimeSpan.Zero);

    // The smallest picture that a PDF can show: white, 1 × 1.
    private static readonly byte[] Frame = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4//8/AAX+Av4N70a4AAAAAElFTkSuQmCC");
    private static readonly byte[] Patch = [.. Frame, 0];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private CoreHost Core => host.Core;

    [Fact]
    public async Task A_charge_is_packed_with_pictures_readings_rule_facts_audit_and_a_signature_that_holds()
    {
        var (charge, sighting) = await ChargeAsync("PK01AAA");
        using var person = await Caller.OfRoleAsync(Core, Role.Investigator);
        person.Http.DefaultRequestHeaders.Add("Audit-Reason", "appeal%2012");
        (await person.Http.GetAsync($"/api/charges/{charge.Id}", Token)).Dispose();
        var around = EdgeStrip.KeyOf(sighting.StationId, sighting.CapturedAt, sighting.Id);
        (await Core.Http.PostAsJsonAsync($"/api/edge/strips?station={sighting.StationId}", new EdgeStrip(around, sighting.CapturedAt, Convert.ToHexStringLower(SHA256.HashData(Frame)), 320, 180, [-200, 200]), ContractsJson.Default.EdgeStrip, Token)).EnsureSuccessStatusCode();
        await Core.Services.GetRequiredService<IObjectStore>().PutAsync(around, Frame, "image/jpeg", Token);
        var package = await person.Http.GetByteArrayAsync($"/api/packages/charges/{charge.Id}", Token);

        using var zip = Open(package);
        var manifest = JsonDocument.Parse(Text(zip, "manifest.json")).RootElement;
        Assert.Equal(("evidence-package/1", $"charge {charge.Id}", "appeal 12"), (manifest.GetProperty("type").GetString(), manifest.GetProperty("of").GetString(), manifest.GetProperty("reason").GetString()));
        var frame = manifest.GetProperty("files").EnumerateArray().Single(f => f.GetProperty("name").GetString() == Name(sighting.Evidence!));
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Frame)), frame.GetProperty("sha256").GetString());
        Assert.Equal(Frame, Bytes(zip, Name(sighting.Evidence!)));
        Assert.Equal(Patch, Bytes(zip, Name(Contracts.Sighting.PatchKey(sighting.Evidence!))));
        Assert.Equal(Frame, Bytes(zip, Name(around)));

        var page = Text(zip, "index.html");
        Assert.Contains("the frames before and after it", page, StringComparison.Ordinal);
        Assert.Contains("It is the picture that the edge recorded with the sighting.", page, StringComparison.Ordinal);
        foreach (var expected in (string[])["AB12CDF 1.0 %", charge.Why, "ulez-non-compliant", "car, van, minibus, motorcycle or private hire below its standard", "ULEZ 12.50", "1 May 2009", charge.TraceId!, "charges.read", "appeal 12"])
        {
            Assert.Contains(WebUtility.HtmlEncode(expected), page, StringComparison.Ordinal);
        }

        Assert.StartsWith("%PDF-", Encoding.ASCII.GetString(Bytes(zip, "package.pdf"), 0, 5), StringComparison.Ordinal);
        Assert.Contains("ulez-non-compliant", Text(zip, "rules.md"), StringComparison.Ordinal);
        Assert.Contains(charge.Id.ToString(), Text(zip, "audit.csv"), StringComparison.Ordinal);
        Assert.Contains("AB12CDF", Text(zip, "record.json"), StringComparison.Ordinal);

        using var key = ModelVerifier.Of(await person.Http.GetStringAsync("/api/packages/key", Token));
        Assert.Empty(await PackageCheck.RunAsync(new MemoryStream(package), key, Token));
        var line = (await Caller.ReadAsync<Page<AuditLine>>(await Core.Http.GetAsync("/api/audit?action=packages.charge", Token))).Items[0];
        Assert.Equal("appeal 12", line.Reason);
        Assert.Contains("PK01AAA", line.Details, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(Bytes(zip, "manifest.json"))), line.Details, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whatever_is_changed_in_a_package_is_named()
    {
        var (charge, sighting) = await ChargeAsync("PK02AAA");
        var package = await Core.Http.GetByteArrayAsync($"/api/packages/charges/{charge.Id}", Token);
        using var key = ModelVerifier.Of(await Core.Http.GetStringAsync("/api/packages/key", Token));
        using var other = ModelVerifier.Of(ModelSigner.NewKey());

        async Task<IReadOnlyList<string>> AfterAsync(Action<ZipArchive> change, ModelVerifier with)
        {
            using var copy = new MemoryStream();
            await copy.WriteAsync(package, Token);
            using (var zip = new ZipArchive(copy, ZipArchiveMode.Update, leaveOpen: true))
            {
                change(zip);
            }

            copy.Position = 0;
            return await PackageCheck.RunAsync(copy, with, Token);
        }

        Assert.Equal(["record.json was changed."], await AfterAsync(zip => Write(zip, "record.json", "{}"), key));
        Assert.Equal([$"{Name(sighting.Evidence!)} is missing."], await AfterAsync(zip => zip.GetEntry(Name(sighting.Evidence!))!.Delete(), key));
        Assert.Equal(["more.txt is not in the manifest."], await AfterAsync(zip => Write(zip, "more.txt", "more"), key));
        Assert.Equal(["The signature of manifest.json does not fit this key."], await AfterAsync(zip => Write(zip, "manifest.json", Text(zip, "manifest.json").Replace("a test", "another", StringComparison.Ordinal)), key));
        Assert.Equal(["The signature of manifest.json does not fit this key."], await AfterAsync(_ => { }, other));
        await Assert.ThrowsAsync<InvalidDataException>(() => PackageCheck.RunAsync(new MemoryStream([1, 2, 3]), key, Token));
    }

    [Fact]
    public async Task A_picture_that_is_not_what_the_camera_took_is_left_out_and_that_is_said()
    {
        var (charge, sighting) = await ChargeAsync("PK03AAA");
        await Core.Services.GetRequiredService<IObjectStore>().PutAsync(sighting.Evidence!, "another"u8.ToArray(), "image/jpeg", Token);

        using var zip = Open(await Core.Http.GetByteArrayAsync($"/api/packages/charges/{charge.Id}", Token));

        Assert.Null(zip.GetEntry(Name(sighting.Evidence!)));
        Assert.NotNull(zip.GetEntry(Name(Contracts.Sighting.PatchKey(sighting.Evidence!))));
        Assert.Contains("The picture of the frame is left out: its SHA-256 differs from the one in the sighting.", Text(zip, "index.html"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_alert_is_packed_with_what_people_did()
    {
        var at = Noon.AddMinutes(30);
        var entry = await Caller.ReadAsync<HotlistEntryView>(await Core.Http.PostAsync("/api/hotlist", Json("""{"pattern":"PK04AAA","reason":"stolen <on> Monday","priority":1,"requestedBy":"Met"}"""), Token));
        await StoreAsync(Sighting("PK04AAA", at, "london-a40"));
        var alert = (await Caller.ReadAsync<Page<AlertView>>(await Core.Http.GetAsync("/api/alerts?plate=PK04AAA", Token))).Items.Single();
        (await Core.Http.PostAsync($"/api/alerts/{alert.Id}/actions", Json("""{"action":"resolved","outcome":"true","note":"stopped in Mile End"}"""), Token)).EnsureSuccessStatusCode();

        using var zip = Open(await Core.Http.GetByteArrayAsync($"/api/packages/alerts/{alert.Id}", Token));

        var page = Text(zip, "index.html");
        Assert.All((string[])["stolen &lt;on&gt; Monday", entry.Id.ToString()!, "stopped in Mile End", "resolved: true", "Met"], expected => Assert.Contains(expected, page, StringComparison.Ordinal));
        Assert.Null(zip.GetEntry("rules.md"));
    }

    [Fact]
    public async Task A_package_of_a_charge_tells_nobody_of_an_investigation_or_of_other_packages()
    {
        var (charge, sighting) = await ChargeAsync("PK06AAA");
        using var person = await Caller.OfRoleAsync(Core, Role.Investigator);
        person.Http.DefaultRequestHeaders.Add("Audit-Reason", Uri.EscapeDataString("Investigation: Operation Falcon"));
        var opened = await Caller.ReadAsync<InvestigationView>(await person.Http.PostAsync("/api/investigations", Json($$"""{"title":"Operation Falcon","purpose":"To test","keepUntil":"{{DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime).AddYears(1):yyyy-MM-dd}}"}"""), Token));
        foreach (var body in (string[])[$$"""{"kind":"charge","id":"{{charge.Id}}"}""", $$"""{"kind":"sighting","id":"{{sighting.Id}}"}"""])
        {
            (await person.Http.PostAsync($"/api/investigations/{opened.Id}/items", Json(body), Token)).EnsureSuccessStatusCode();
        }

        (await person.Http.GetAsync($"/api/investigations/{opened.Id}/pictures/{sighting.Evidence}", Token)).EnsureSuccessStatusCode();
        (await Core.Http.GetAsync($"/api/charges/{charge.Id}", Token)).Dispose();
        (await Core.Http.GetAsync($"/api/packages/charges/{charge.Id}", Token)).EnsureSuccessStatusCode();

        using var zip = Open(await Core.Http.GetByteArrayAsync($"/api/packages/charges/{charge.Id}", Token));
        var audit = Text(zip, "audit.csv");
        Assert.Contains("charges.read", audit, StringComparison.Ordinal);
        foreach (var said in (string[])[audit, Text(zip, "index.html")])
        {
            Assert.All((string[])["investigation", "Falcon", opened.Id.ToString(), "packages.charge"], secret => Assert.DoesNotContain(secret, said, StringComparison.OrdinalIgnoreCase));
        }

        using var own = Open(await person.Http.GetByteArrayAsync($"/api/packages/investigations/{opened.Id}", Token));
        Assert.All((string[])["investigations.add", "investigations.picture", "charges.read"], action => Assert.Contains(action, Text(own, "audit.csv"), StringComparison.Ordinal));
        Assert.DoesNotContain("packages.charge", Text(own, "audit.csv"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Packages_count_against_what_a_person_may_read_in_an_hour()
    {
        var (charge, _) = await ChargeAsync("PK07AAA");
        using var person = await Caller.OfRoleAsync(Core, Role.Investigator);
        person.Http.DefaultRequestHeaders.Add("Audit-Reason", "appeal");
        var last = HttpStatusCode.OK;
        var given = 0;
        while (last == HttpStatusCode.OK && given <= 41)
        {
            using var answer = await person.Http.GetAsync($"/api/packages/charges/{charge.Id}", Token);
            last = answer.StatusCode;
            given++;
        }

        // Twenty exports in an hour of the clock; the hour may end once in between.
        Assert.Equal(HttpStatusCode.TooManyRequests, last);
    }

    [Fact]
    public async Task A_package_needs_its_own_right_and_a_reason()
    {
        var (charge, _) = await ChargeAsync("PK05AAA");
        using var reviewer = await Caller.OfRoleAsync(Core, Role.Operator);
        using var investigator = await Caller.OfRoleAsync(Core, Role.Investigator);

        async Task<HttpStatusCode> StatusAsync(Caller caller, string path)
        {
            using var answer = await caller.Http.GetAsync(path, Token);
            return answer.StatusCode;
        }

        Assert.Equal(HttpStatusCode.BadRequest, await StatusAsync(investigator, $"/api/packages/charges/{charge.Id}"));
        reviewer.Http.DefaultRequestHeaders.Add("Audit-Reason", "curious");
        investigator.Http.DefaultRequestHeaders.Add("Audit-Reason", "appeal");
        Assert.Equal(HttpStatusCode.Forbidden, await StatusAsync(reviewer, $"/api/packages/charges/{charge.Id}"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(investigator, $"/api/packages/charges/{Guid.NewGuid()}"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(investigator, $"/api/packages/alerts/{Guid.NewGuid()}"));
    }

    [Fact]
    public async Task A_pdf_takes_texts_of_any_length_and_tables_over_many_sheets()
    {
        var word = new string('W', 4_000);
        var page = new PackagePage(
            "Long", [word, ""], [new("Facts") { Note = "é → 漢字\nsecond line", Facts = [new("Name", word)], Table = new(["One", "Two"], [.. Enumerable.Range(0, 300).Select(i => (string[])[$"row {i}", word[..200]])]), Pictures = [new("a.jpg", "None", "00", "Not a picture.", _ => Task.FromResult<byte[]>([1, 2]))] }]);

        using var output = new MemoryStream();
        await PackagePdf.WriteAsync(output, page, Noon, Token);
        var pdf = Encoding.Latin1.GetString(output.ToArray());

        Assert.EndsWith("%%EOF", pdf.TrimEnd(), StringComparison.Ordinal);
        Assert.True(pdf.Split("/Type /Page\n").Length > 10, "Three hundred rows take more than ten sheets.");
    }

    private static StringContent Json(string json) => new(json, Encoding.UTF8, "application/json");

    private async Task<(ChargeView Charge, Sighting Sighting)> ChargeAsync(string plate)
    {
        using var registry = new StringContent($"plate,class,fuel,euro,firstRegistered,from\n{plate},car,diesel,4,2009-05-01,2026-11-01", Encoding.UTF8, "text/csv");
        (await Core.Http.PostAsync("/api/vehicles/import", registry, Token)).EnsureSuccessStatusCode();
        var sighting = Sighting(plate, Noon.AddMinutes(plate[3] - '0'), "london-a40");
        await StoreAsync(sighting);
        var charge = (await Caller.ReadAsync<Page<ChargeView>>(await Core.Http.GetAsync($"/api/charges?plate={plate}&scheme=ulez", Token))).Items.Single();
        return (charge, sighting);
    }

    private async Task StoreAsync(Sighting sighting)
    {
        var objects = Core.Services.GetRequiredService<IObjectStore>();
        await objects.PutAsync(sighting.Evidence!, Frame, "image/jpeg", Token);
        await objects.PutAsync(Contracts.Sighting.PatchKey(sighting.Evidence!), Patch, "image/jpeg", Token);
        var plain = Record(sighting with { EvidenceSha256 = Convert.ToHexStringLower(SHA256.HashData(Frame)), PatchSha256 = Convert.ToHexStringLower(SHA256.HashData(Patch)) });
        var traced = new SightingRecord(plain.Sighting, plain.Position, new ActivityContext(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom(), ActivityTraceFlags.Recorded));
        await Core.Services.GetRequiredService<SightingIngest>().ApplyAsync([traced], [], Token);
    }

    private static string Name(string key) => "pictures/" + key["evidence/".Length..];

    private static ZipArchive Open(byte[] package) => new(new MemoryStream(package), ZipArchiveMode.Read);

    private static byte[] Bytes(ZipArchive zip, string name)
    {
        using var content = new MemoryStream();
        using var entry = zip.GetEntry(name)!.Open();
        entry.CopyTo(content);
        return content.ToArray();
    }

    private static string Text(ZipArchive zip, string name) => Encoding.UTF8.GetString(Bytes(zip, name));

    private static void Write(ZipArchive zip, string name, string text)
    {
        zip.GetEntry(name)?.Delete();
        using var entry = zip.CreateEntry(name).Open();
        entry.Write(Encoding.UTF8.GetBytes(text));
    }
}

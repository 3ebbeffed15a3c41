using System.IO.Compression;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Privacy;

/// <summary>What an investigation has copied is part of what is told and reported of a plate; what investigators think is not.</summary>
public sealed class InvestigationCopyTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Copies_in_investigations_are_told_also_of_a_plate_beside_without_what_investigators_wrote()
    {
        await core.Postgres.ExecuteAsync("insert into investigations (id, title, purpose, owner, opened_by, opened_at, keep_until) values ('11111111-1111-4111-8111-111111111111', 'Falcon', 'To test', 'Inspector Grey', 'Inspector Grey', now(), current_date)");
        await core.Postgres.ExecuteAsync("insert into investigation_items (investigation_id, kind, item_id, plate, what, at, record, added_by, added_at, note) values ('11111111-1111-4111-8111-111111111111', 'sighting', gen_random_uuid(), 'PV04AAA', 'london-a4, camera a4-n1', now(), '{\"sightings\":[{\"plate\":\"PV04AAA\"},{\"plate\":\"PV05AAA\"}]}', 'Inspector Grey', now(), 'the suspect')");
        using var administrator = await Caller.OfRoleAsync(core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "request 9");

        foreach (var (plate, other) in ((string, string)[])[("PV04AAA", "PV05AAA"), ("PV05AAA", "PV04AAA")])
        {
            using var zip = new ZipArchive(new MemoryStream(await administrator.Http.GetByteArrayAsync($"/api/privacy/access?plate={plate}", Token)));
            var told = Text(zip, "investigation_items.csv");
            Assert.Equal(2, told.TrimEnd().Split('\n').Length);
            Assert.All((string[])["Grey", "the suspect", "Falcon", "11111111", other], secret => Assert.DoesNotContain(secret, told, StringComparison.Ordinal));
        }

        var erasure = await Caller.ReadAsync<ErasureView>(await administrator.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked("PV05AAA"), Token));
        ErasedRecords? copies = null;
        await CoreHost.UntilAsync(async () => (copies = (await administrator.Http.GetFromJsonAsync<List<ErasureView>>("/api/privacy/erasures", Token))!.Single(e => e.Id == erasure.Id).Records.SingleOrDefault(r => r.What == "Copies in investigations")) is not null, "the copies are reported");
        Assert.Equal((0L, 1L), (copies!.Erased, copies.Kept));
        Assert.Contains("as long as the investigation is open", copies.Why, StringComparison.Ordinal);
    }

    private static string Text(ZipArchive zip, string name)
    {
        using var reader = new StreamReader(zip.GetEntry(name)!.Open());
        return reader.ReadToEnd();
    }
}

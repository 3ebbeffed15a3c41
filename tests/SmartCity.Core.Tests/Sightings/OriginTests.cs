using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Confluent.Kafka;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>What a computer stolen from station london-a1 can do with its credentials, which let it write to london-a1.* and ask the core as london-a1.</summary>
public class OriginTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Stolen = "london-a1";
    private static readonly DateTimeOffset Now = Charged(TimeProvider.System.GetUtcNow());

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string> Claims => new()
    {
        { "FORGE1", "station", "Only a station's own topic" },
        { "FORGE2", "camera", "a camera of station london-a3" },
        { "FORGE3", "evidence", "not the key of a picture of sighting" },
        { "FORGE4", "evidence of another sighting", "not the key of a picture of sighting" },
    };

    [Theory]
    [MemberData(nameof(Claims))]
    public async Task It_charges_nobody_elsewhere_and_ops_raises_the_alarm(string plate, string claim, string reason)
    {
        await RegisterAsync(plate);
        var own = Sighting(plate, Now, Stolen);
        await SendAsync(claim switch
        {
            "station" => Sighting(plate, Now, "london-a3"),
            "camera" => own with { CameraId = "a3-n1" },
            "evidence" => own with { Evidence = Contracts.Sighting.EvidenceKey("london-a3", Now, own.Id) },
            _ => own with { Evidence = Contracts.Sighting.EvidenceKey(Stolen, Now, Guid.CreateVersion7(Now)) },
        });

        DeadLetterView? letter = null;
        await CoreHost.UntilAsync(async () => (letter = (await LettersAsync()).FirstOrDefault(l => l.Reason.Contains(reason, StringComparison.Ordinal))) is not null, $"a dead letter: {reason}");

        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from sightings where plate = $1", plate));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from charge_entries where plate = $1", plate));
        var station = Assert.Single((await core.Http.GetFromJsonAsync<OpsView>("/api/ops", Token))!.Stations, s => s.StationId == Stolen);
        Assert.Equal("failed", station.Edge.State);
        Assert.Contains("claim to be another station's", station.Edge.Problems[0], StringComparison.Ordinal);

        await core.SendAsync(Sighting(plate, Now.AddSeconds(1), "london-a3"));
        await CoreHost.UntilAsync(async () => await core.Postgres.ScalarAsync<long>("select count(*) from charge_entries where plate = $1", plate) > 0, "the station's own record charges");
    }

    [Fact]
    public async Task It_cannot_change_another_stations_sighting_by_its_id()
    {
        var victim = Sighting("VICTIM1", Now.AddSeconds(-5), "london-a10");
        await core.SendAsync(victim);
        await CoreHost.UntilAsync(async () => (await core.Http.GetAsync($"/api/sightings/{victim.Id}", Token)).IsSuccessStatusCode, "the victim's sighting is stored");

        await SendAsync(Sighting("FORGE5", victim.CapturedAt, Stolen, id: victim.Id) with { Revision = 3 });

        await CoreHost.UntilAsync(async () => (await LettersAsync()).Any(l => l.Reason.Contains("cannot change it", StringComparison.Ordinal)), "a dead letter");
        Assert.Equal("VICTIM1", (await core.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{victim.Id}", Token))!.Plate);
    }

    [Fact]
    public async Task A_camera_that_nobody_added_waits_for_somebody_and_is_no_alarm()
    {
        await core.SendAsync(Sighting("NEWCAM1", Now, "london-a11") with { CameraId = "a11-nobody" });

        await CoreHost.UntilAsync(async () => (await core.Http.GetFromJsonAsync<Page<DeadLetterView>>("/api/dead-letters?topic=london-a11.sightings", Token))!.Items.Any(l => l.Reason.Contains("has no such camera", StringComparison.Ordinal)), "a dead letter");
        Assert.DoesNotContain((await core.Http.GetFromJsonAsync<OpsView>("/api/ops", Token))!.Stations.Where(s => s.StationId == "london-a11"), s => s.Edge.State == "failed");
    }

    [Fact]
    public async Task It_writes_its_own_pictures_alone_and_each_once()
    {
        using var edge = await EdgeAsync(Stolen);
        var key = Contracts.Sighting.EvidenceKey(Stolen, Now, Guid.CreateVersion7(Now));
        var upload = Assert.Single((await AskAsync(edge, Stolen, key))!.Uploads);
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(edge, upload.Address!, "first"));

        Assert.Null(Assert.Single((await AskAsync(edge, Stolen, key))!.Uploads).Address);
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(edge, upload.Address!, "second"));
        Assert.Equal("first", await core.Http.GetStringAsync($"/api/evidence/{key}", Token));

        var others = Contracts.Sighting.EvidenceKey("london-a3", Now, Guid.CreateVersion7(Now));
        foreach (var (station, asked) in (ValueTuple<string, string>[])[("london-a3", others), (Stolen, others), (Stolen, "archive/2026/x.jpg"), (Stolen, $"evidence/{Stolen}/../london-a3/x.jpg"), (Stolen, "pictures/london-a3/a3-n1.jpg")])
        {
            using var refused = await edge.Http.PostAsJsonAsync($"/api/edge/uploads?station={station}", new EdgeUploadsAsked([asked]), Token);
            Assert.True(refused.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.BadRequest, $"{station} {asked}: {refused.StatusCode}");
        }

        Assert.Equal(HttpStatusCode.Forbidden, await PutAsync(edge, $"api/edge/objects/{others}", "forged"));
    }

    [Fact]
    public async Task A_picture_that_was_changed_in_the_store_is_not_shown_and_the_audit_says_so()
    {
        var objects = core.Services.GetRequiredService<IObjectStore>();
        var (picture, patch) = ("the picture"u8.ToArray(), "the plate"u8.ToArray());
        var sighting = Sighting("DIGEST1", Now, "london-a4") with { EvidenceSha256 = Digest(picture), PatchSha256 = Digest(patch) };
        await core.SendAsync(sighting);
        await CoreHost.UntilAsync(async () => (await core.Http.GetAsync($"/api/sightings/{sighting.Id}", Token)).IsSuccessStatusCode, "the sighting is stored");
        await objects.PutAsync(sighting.Evidence!, picture, "image/jpeg", Token);
        await objects.PutAsync(Contracts.Sighting.PatchKey(sighting.Evidence!), patch, "image/jpeg", Token);
        Assert.Equal(("the picture", "the plate"), (await core.Http.GetStringAsync($"/api/evidence/{sighting.Evidence}", Token), await core.Http.GetStringAsync($"/api/evidence/{Contracts.Sighting.PatchKey(sighting.Evidence!)}", Token)));

        await objects.PutAsync(sighting.Evidence!, "another picture"u8.ToArray(), "image/jpeg", Token);

        using var refused = await core.Http.GetAsync($"/api/evidence/{sighting.Evidence}", Token);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        Assert.Equal(sighting.Evidence, Assert.Single((await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=evidence.changed", Token))!.Items).Subject);
        Assert.Contains((await core.Http.GetFromJsonAsync<OpsView>("/api/ops", Token))!.Storage.Node.Problems, p => p.Contains("not those that the cameras took", StringComparison.Ordinal));
    }

    private static string Digest(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));

    private static async Task<EdgeUploads?> AskAsync(Caller edge, string station, string key) =>
        await (await edge.Http.PostAsJsonAsync($"/api/edge/uploads?station={station}", new EdgeUploadsAsked([key]), Token)).Content.ReadFromJsonAsync<EdgeUploads>(Token);

    private static async Task<HttpStatusCode> PutAsync(Caller edge, string address, string content)
    {
        using var body = new ByteArrayContent(Encoding.ASCII.GetBytes(content));
        body.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var answer = await edge.Http.PutAsync(address, body, Token);
        return answer.StatusCode;
    }

    private async Task<Caller> EdgeAsync(string station) => Caller.With(
        core, (await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey($"edge of {station}", [Scope.EdgeConfig], Stations: [station]), Token))).Token);

    // With the stolen credentials: by the topic of the station.
    private Task SendAsync(Sighting sighting) => core.SendAsync(Topics.Mirrored(Stolen, Topics.Sightings), JsonSerializer.SerializeToUtf8Bytes(sighting, ContractsJson.Default.Sighting), (Headers?)null);

    private async Task<IReadOnlyList<DeadLetterView>> LettersAsync() => (await core.Http.GetFromJsonAsync<Page<DeadLetterView>>($"/api/dead-letters?topic={Stolen}.sightings&limit=100", Token))!.Items;

    private async Task RegisterAsync(string plate)
    {
        using var registry = new StringContent($"plate,class,fuel,euro,first_registered\n{plate},car,diesel,4,2009-05-01\n");
        using var imported = await core.Http.PostAsync("/api/vehicles/import", registry, Token);
        Assert.True(imported.IsSuccessStatusCode, await imported.Content.ReadAsStringAsync(Token));
    }
}

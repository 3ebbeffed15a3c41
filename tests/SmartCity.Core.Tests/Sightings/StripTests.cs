using System.IO.Compression;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Core.Retention;
using SmartCity.Core.Sightings;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;
using SmartCity.ServiceDefaults.Objects;
using static SmartCity.Core.Tests.Sightings.TestSightings;

namespace SmartCity.Core.Tests.Sightings;

/// <summary>The frames before and after a sighting go the ways of its evidence: taken from its own station alone, checked, shown, given to whom it concerns, and removed with it.</summary>
public sealed class StripTests(CoreHost core) : IClassFixture<CoreHost>
{
    private const string Station = "london-a1";
    private static readonly byte[] Picture = "ten small frames"u8.ToArray();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private IObjectStore Objects => core.Services.GetRequiredService<IObjectStore>();

    [Fact]
    public async Task An_edge_tells_of_them_puts_them_and_the_sighting_shows_them()
    {
        using var edge = await EdgeAsync(Station);
        var sighting = await StoreAsync("STRIP01", TimeProvider.System.GetUtcNow());
        var strip = Strip(sighting);

        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(edge, strip));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(edge, strip.Key, Picture));

        var seen = (await core.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{sighting.Id}", Token))!.Strip!;
        Assert.Equal((strip.Key, 320, 180), (seen.Key, seen.Width, seen.Height));
        Assert.Equal([-400, -200, 200, 400], seen.Milliseconds);
        Assert.Equal(Picture, await core.Http.GetByteArrayAsync($"/api/evidence/{strip.Key}", Token));
    }

    [Fact]
    public async Task The_first_that_is_told_counts_and_may_be_told_again()
    {
        using var edge = await EdgeAsync(Station);
        var strip = Strip(await StoreAsync("STRIP02", TimeProvider.System.GetUtcNow()));

        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(edge, strip));
        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(edge, strip));
        Assert.Equal(HttpStatusCode.Conflict, await TellAsync(edge, strip with { Sha256 = new string('0', 64) }));
    }

    [Fact]
    public async Task One_that_was_changed_in_the_store_is_not_shown_and_the_audit_says_so()
    {
        using var edge = await EdgeAsync(Station);
        var strip = Strip(await StoreAsync("STRIP03", TimeProvider.System.GetUtcNow()));
        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(edge, strip));
        await Objects.PutAsync(strip.Key, "other frames"u8.ToArray(), "image/jpeg", Token);

        using var answer = await core.Http.GetAsync($"/api/evidence/{strip.Key}", Token);

        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Contains((await core.Http.GetFromJsonAsync<Page<AuditLine>>("/api/audit?action=evidence.changed", Token))!.Items, l => l.Subject == strip.Key);
    }

    [Fact]
    public async Task A_station_tells_of_its_own_alone_and_what_makes_no_sense_is_refused()
    {
        using var edge = await EdgeAsync(Station);
        var strip = Strip(await StoreAsync("STRIP04", TimeProvider.System.GetUtcNow()));
        var other = EdgeStrip.KeyOf("london-a3", strip.CapturedAt, Guid.CreateVersion7(strip.CapturedAt));

        Assert.Equal(HttpStatusCode.Forbidden, await TellAsync(edge, strip with { Key = other }, "london-a3"));
        foreach (var wrong in (EdgeStrip[])[
            strip with { Key = other }, strip with { Key = Contracts.Sighting.EvidenceKey(Station, strip.CapturedAt, Guid.NewGuid()) }, strip with { CapturedAt = strip.CapturedAt.AddHours(2) }, strip with { Sha256 = "abc" },
            strip with { Width = 0 }, strip with { Height = 100_000 }, strip with { Milliseconds = [] }, strip with { Milliseconds = [.. Enumerable.Range(1, 11)] }, strip with { Milliseconds = [100_000_000] }])
        {
            Assert.Equal(HttpStatusCode.BadRequest, await TellAsync(edge, wrong));
        }
    }

    [Fact]
    public async Task A_picture_that_nothing_was_told_of_is_shown_to_nobody()
    {
        using var edge = await EdgeAsync(Station);
        var sighting = await StoreAsync("STRIP05", TimeProvider.System.GetUtcNow());
        var key = Strip(sighting).Key;
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(edge, key, Picture));

        using var answer = await core.Http.GetAsync($"/api/evidence/{key}", Token);

        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Null((await core.Http.GetFromJsonAsync<SightingView>($"/api/sightings/{sighting.Id}", Token))!.Strip);
    }

    [Fact]
    public async Task They_are_given_to_the_keeper_and_erased_with_the_plate()
    {
        using var edge = await EdgeAsync(Station);
        var sighting = await StoreAsync("STRIP06", TimeProvider.System.GetUtcNow().AddDays(-3));
        var strip = Strip(sighting);
        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(edge, strip));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(edge, strip.Key, Picture));
        await core.Postgres.ExecuteAsync("delete from archive_queue; delete from archive_batches");

        using (var package = new ZipArchive(await core.Http.GetStreamAsync(new Uri("/api/privacy/access?plate=STRIP06", UriKind.Relative), Token)))
        {
            Assert.Contains(package.Entries, e => e.FullName == $"pictures/{strip.Key["evidence/".Length..]}");
        }

        using var administrator = await Caller.OfRoleAsync(core, Role.Administrator);
        administrator.Http.DefaultRequestHeaders.Add("Audit-Reason", "request of the keeper");
        var asked = await Caller.ReadAsync<ErasureView>(await administrator.Http.PostAsJsonAsync("/api/privacy/erasures", new PlateAsked("STRIP06"), Token));
        await CoreHost.UntilAsync(async () => (await administrator.Http.GetFromJsonAsync<List<ErasureView>>("/api/privacy/erasures", Token))!.Single(e => e.Id == asked.Id).DoneAt is not null, "the plate is erased");

        Assert.False(await Objects.ExistsAsync(strip.Key, Token));
        Assert.Equal(0L, await core.Postgres.ScalarAsync<long>("select count(*) from sighting_strips where id = $1", sighting.Id));

        // What the edge still has on its disk is not wanted any more.
        Assert.Equal(HttpStatusCode.Gone, await TellAsync(edge, strip));
    }

    [Theory]
    [InlineData(-400, false)]
    [InlineData(-1, true)]
    public async Task Retention_removes_them_with_the_pictures(int days, bool stays)
    {
        using var edge = await EdgeAsync(Station);
        var sighting = await StoreAsync($"STRIP{7 - days}", TimeProvider.System.GetUtcNow().AddDays(days));
        var strip = Strip(sighting);
        Assert.Equal(HttpStatusCode.NoContent, await TellAsync(edge, strip));
        Assert.Equal(HttpStatusCode.NoContent, await PutAsync(edge, strip.Key, Picture));

        await core.Services.GetRequiredService<RetentionWorker>().RunAsync(Token);

        Assert.Equal(stays, await Objects.ExistsAsync(strip.Key, Token));
        Assert.Equal(stays ? 1L : 0L, await core.Postgres.ScalarAsync<long>("select count(*) from sighting_strips where id = $1", sighting.Id));
    }

    private static EdgeStrip Strip(Sighting sighting) =>
        new(EdgeStrip.KeyOf(sighting.StationId, sighting.CapturedAt, sighting.Id), sighting.CapturedAt, Convert.ToHexStringLower(SHA256.HashData(Picture)), 320, 180, [-400, -200, 200, 400]);

    private async Task<Sighting> StoreAsync(string plate, DateTimeOffset at)
    {
        var sighting = Sighting(plate, DateTimeOffset.FromUnixTimeMilliseconds(at.ToUnixTimeMilliseconds()), Station);
        await core.Services.GetRequiredService<SightingIngest>().ApplyAsync([Record(sighting)], [], Token);
        await Objects.PutAsync(sighting.Evidence!, "frame"u8.ToArray(), "image/jpeg", Token);

        // A case that waits would keep it.
        await core.Postgres.ExecuteAsync("update review_cases set state = 'confirmed' where sighting_id = $1", sighting.Id);
        return sighting;
    }

    private static async Task<HttpStatusCode> TellAsync(Caller edge, EdgeStrip strip, string station = Station)
    {
        using var answer = await edge.Http.PostAsJsonAsync($"/api/edge/strips?station={station}", strip, ContractsJson.Default.EdgeStrip, Token);
        return answer.StatusCode;
    }

    private static async Task<HttpStatusCode> PutAsync(Caller edge, string key, byte[] content)
    {
        var upload = (await Caller.ReadAsync<EdgeUploads>(await edge.Http.PostAsJsonAsync($"/api/edge/uploads?station={Station}", new EdgeUploadsAsked([key]), Token))).Uploads.Single();
        using var body = new ByteArrayContent(content);
        body.Headers.ContentType = new MediaTypeHeaderValue("image/jpeg");
        using var answer = await edge.Http.PutAsync(upload.Address!, body, Token);
        return answer.StatusCode;
    }

    private async Task<Caller> EdgeAsync(string station) => Caller.With(
        core, (await Caller.ReadAsync<ApiKeyCreated>(await core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey($"edge of {station} {Guid.NewGuid():N}", [Scope.EdgeConfig], Stations: [station]), Token))).Token);
}

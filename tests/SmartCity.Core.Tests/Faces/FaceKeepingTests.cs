using System.Net;
using System.Net.Http.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using SkiaSharp;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Tests.Access;

namespace SmartCity.Core.Tests.Faces;

/// <summary>Whom a watch-list takes, and what is left when it is not needed any more.</summary>
public sealed class FaceKeepingTests(FaceHost host) : IClassFixture<FaceHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(FaceAnswer.Different)]
    [InlineData(FaceAnswer.CannotTell)]
    public async Task A_match_that_is_not_confirmed_leaves_nothing_in_any_table(string says)
    {
        var (_, entry, deployment, match) = await host.MatchedAsync();
        var whole = Convert.ToHexStringLower(await host.Core.Postgres.ScalarAsync<byte[]>("select picture from face_matches where id = $1", match.Id));
        var plain = Convert.ToHexStringLower(match.Picture);
        var before = await host.DumpAsync();
        Assert.Contains(whole, before, StringComparison.Ordinal);
        Assert.DoesNotContain(plain[200..400], before, StringComparison.Ordinal);

        if (says == FaceAnswer.CannotTell)
        {
            await Caller.ReadAsync<FaceMatchOutcome>(await FaceHost.AnswerAsync(host.FirstReviewer, match.Id, FaceAnswer.Same));
        }

        var outcome = await Caller.ReadAsync<FaceMatchOutcome>(await FaceHost.AnswerAsync(host.SecondReviewer, match.Id, says));

        Assert.Equal(says == FaceAnswer.Different ? "false" : "unresolved", outcome.Outcome);
        var after = await host.DumpAsync();
        Assert.DoesNotContain(whole[..64], after, StringComparison.Ordinal);
        Assert.DoesNotContain(whole[^64..], after, StringComparison.Ordinal);
        Assert.DoesNotContain(plain[200..400], after, StringComparison.Ordinal);
        Assert.Equal(0L, await host.Core.Postgres.ScalarAsync<long>("select count(*) from face_matches where id = $1 and (entry_id is not null or seen_at is not null or nearness is not null or station_id is not null or picture is not null)", match.Id));
        using (var picture = await host.FirstReviewer.Http.GetAsync($"/api/faces/matches/{match.Id}/picture", Token))
        {
            Assert.Equal(HttpStatusCode.NotFound, picture.StatusCode);
        }

        // What comes again finds its place taken.
        using (var again = await host.BringAsync(match))
        {
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        }

        Assert.Null(await FaceHost.WaitingAsync(host.FirstReviewer, match.Id));
        var counts = (await host.FindAsync(deployment.Id)).Counts;
        Assert.Equal((1L, says == FaceAnswer.Different ? 1L : 0L, says == FaceAnswer.Different ? 0L : 1L, 1L), (counts.Received, counts.False, counts.Unresolved, counts.Destroyed));
        await host.RevokeAsync(deployment.Id);
        Assert.NotEqual(Guid.Empty, entry);
    }

    [Fact]
    public async Task What_nobody_decides_in_a_day_and_what_was_confirmed_long_ago_is_destroyed()
    {
        var (_, entry, deployment, undecided) = await host.MatchedAsync();
        var confirmed = host.Match(deployment.Id, entry, "p01-3.jpg");
        await host.BringAsync(confirmed);
        await FaceHost.AnswerAsync(host.FirstReviewer, confirmed.Id, FaceAnswer.Same);
        await Caller.ReadAsync<FaceMatchOutcome>(await FaceHost.AnswerAsync(host.SecondReviewer, confirmed.Id, FaceAnswer.Same));
        await host.Worker.TurnAsync(Token);
        Assert.Equal(2L, await KeptAsync(undecided.Id, confirmed.Id));

        await host.Core.Postgres.ExecuteAsync("update face_matches set received_at = received_at - interval '25 hours' where id = $1", undecided.Id);
        Assert.Null(await FaceHost.WaitingAsync(host.FirstReviewer, undecided.Id));
        await host.Worker.TurnAsync(Token);
        Assert.Equal(1L, await KeptAsync(undecided.Id, confirmed.Id));
        await host.Core.Postgres.ExecuteAsync("update face_matches set decided_at = decided_at - interval '31 days' where id = $1", confirmed.Id);
        await host.Worker.TurnAsync(Token);

        Assert.Equal(0L, await KeptAsync(undecided.Id, confirmed.Id));
        var counts = (await host.FindAsync(deployment.Id)).Counts;
        Assert.Equal((1L, 1L, 2L), (counts.True, counts.Unresolved, counts.Destroyed));
        await host.RevokeAsync(deployment.Id);
    }

    [Fact]
    public async Task An_entry_that_expires_is_destroyed_with_its_pictures()
    {
        var list = await host.ListAsync();
        var entry = await host.EnrolAsync(list.Id, "Soon", "p03-1.jpg");
        await host.Core.Postgres.ExecuteAsync("update face_entries set expires_at = now() - interval '1 second' where id = $1", entry);

        await host.Worker.TurnAsync(Token);

        Assert.Equal(0L, await host.Core.Postgres.ScalarAsync<long>("select (select count(*) from face_entries where id = $1) + (select count(*) from face_pictures where entry_id = $1)", entry));
    }

    [Fact]
    public async Task A_list_that_is_deleted_takes_its_key_its_entries_and_the_pictures_of_its_matches_along()
    {
        var (list, entry, deployment, match) = await host.MatchedAsync();
        var rows = await host.Core.Postgres.ColumnAsync<string>(
            """
            select encode(about, 'hex') from face_entries where id = $1 union all select encode(picture, 'hex') from face_pictures where entry_id = $1
            union all select encode(template, 'hex') from face_pictures where entry_id = $1 union all select encode(picture, 'hex') from face_matches where entry_id = $1
            """, entry);
        var key = await host.Core.Postgres.ScalarAsync<string>("select key from face_lists where id = $1", list.Id);
        Assert.StartsWith("sealed:", key, StringComparison.Ordinal);
        var before = await host.DumpAsync();
        Assert.Equal(4, rows.Count);
        Assert.All(rows.Append(key), r => Assert.Contains(r, before, StringComparison.Ordinal));
        Assert.DoesNotContain("Walter Beispiel", before, StringComparison.Ordinal);

        using (var refused = await FaceHost.SendAsync(host.First, HttpMethod.Delete, $"/api/faces/lists/{list.Id}", "no longer needed"))
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        }

        await host.RevokeAsync(deployment.Id);
        using (var deleted = await FaceHost.SendAsync(host.First, HttpMethod.Delete, $"/api/faces/lists/{list.Id}", "no longer needed"))
        {
            Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        }

        var after = await host.DumpAsync();
        Assert.All(rows.Append(key), r => Assert.DoesNotContain(r, after, StringComparison.Ordinal));
        var record = await host.FindAsync(deployment.Id);
        Assert.Equal((null, list.Name, 1L), (record.List, record.ListName, record.Counts.Destroyed));
        Assert.Equal(0L, await KeptAsync(match.Id));
    }

    [Fact]
    public async Task A_picture_that_is_not_good_enough_is_named_with_the_reason_and_not_kept()
    {
        var list = await host.ListAsync();
        var good = FaceHost.Portrait("p01-1.jpg");
        NewFaceEntry Of(params FacePictureFile[] pictures) => FaceHost.Entry("Somebody") with { Pictures = pictures };
        var tiny = new FacePictureFile("tiny.jpg", Changed(good, 0.12f, 0));
        var blurred = new FacePictureFile("blurred.jpg", Changed(good, 1, 9));

        var mixed = await Caller.ReadAsync<FaceEnrolment>(await host.First.Http.PostAsJsonAsync(
            $"/api/faces/lists/{list.Id}/entries",
            Of(new("good.jpg", good), new("two.jpg", FaceHost.Portrait("group-two.jpg")), tiny, blurred, new("other.jpg", FaceHost.Portrait("p02-1.jpg"))), Token));

        Assert.Equal(1, mixed.Taken);
        Assert.Equal(["two.jpg", "tiny.jpg", "blurred.jpg", "other.jpg"], mixed.Refused.Select(r => r.Name));
        Assert.All(mixed.Refused.Zip((string[])["2 faces", "small", "blurred", "same person"]), p => Assert.Contains(p.Second, p.First.Why, StringComparison.Ordinal));
        Assert.Equal(1L, await host.Core.Postgres.ScalarAsync<long>("select count(*) from face_pictures where entry_id = $1", mixed.Entry!.Value));

        using var none = await host.First.Http.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", Of(new("letter.txt", "no picture"u8.ToArray()), new("cut.jpg", good[..2000])), Token);
        Assert.Equal(HttpStatusCode.BadRequest, none.StatusCode);
        Assert.Contains("letter.txt: It is no JPEG or PNG picture.", await none.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Entries_take_two_people_and_a_minor_a_separate_authority()
    {
        var list = await host.ListAsync();
        foreach (var (wrong, word) in new[]
        {
            (FaceHost.Entry("Child", "p03-1.jpg") with { Minor = true }, "separate authority"),
            (FaceHost.Entry("Nobody", "p03-1.jpg") with { Reason = "" }, "reason"),
            (FaceHost.Entry("Nobody", "p03-1.jpg") with { Category = "whoever" }, "category"),
            (FaceHost.Entry("Nobody"), "1 to 5 pictures"),
        })
        {
            using var refused = await host.First.Http.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", wrong, Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(word, await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        var child = await Caller.ReadAsync<FaceEnrolment>(await host.First.Http.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", FaceHost.Entry("Child", "p03-1.jpg") with { Minor = true, Authority = "Youth court, order 12" }, Token));
        using var own = await host.First.Http.PostAsync($"/api/faces/entries/{child.Entry}/confirm", null, Token);
        Assert.Equal(HttpStatusCode.Conflict, own.StatusCode);
        using var reviewer = await host.FirstReviewer.Http.PostAsync($"/api/faces/entries/{child.Entry}/confirm", null, Token);
        Assert.Equal(HttpStatusCode.Forbidden, reviewer.StatusCode);
        using var other = await host.Second.Http.PostAsync($"/api/faces/entries/{child.Entry}/confirm", null, Token);
        Assert.Equal(HttpStatusCode.NoContent, other.StatusCode);
        using var again = await host.Second.Http.PostAsync($"/api/faces/entries/{child.Entry}/confirm", null, Token);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task Whoever_confirms_an_entry_sees_whom_it_resembles_and_a_list_has_an_end()
    {
        var list = await host.ListAsync();
        await host.EnrolAsync(list.Id, "First", "p01-1.jpg");
        await host.EnrolAsync(list.Id, "The same again", "p01-1.jpg");
        await host.EnrolAsync(list.Id, "The same person", "p01-3.jpg");
        await host.EnrolAsync(list.Id, "Somebody else", "p02-1.jpg");

        using (var unsaid = await host.Second.Http.GetAsync($"/api/faces/lists/{list.Id}", Token))
        {
            Assert.Equal(HttpStatusCode.BadRequest, unsaid.StatusCode);
        }

        var entries = (await Caller.ReadAsync<FaceListContent>(await FaceHost.SendAsync(host.Second, HttpMethod.Get, $"/api/faces/lists/{list.Id}", "to confirm entries"))).Entries.ToDictionary(e => e.Label);

        Assert.Contains(entries["The same again"].Resembles, r => (r.Label, r.How) == ("First", FaceNearness.Same));
        Assert.Contains(entries["First"].Resembles, r => r.Label == "The same person" && r.How is FaceNearness.Near or FaceNearness.VeryNear);
        Assert.Empty(entries["Somebody else"].Resembles);
        using var full = await host.First.Http.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", FaceHost.Entry("One too many", "p03-1.jpg"), Token);
        Assert.Equal(HttpStatusCode.Conflict, full.StatusCode);
        Assert.Contains("4 entries", await full.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
    }

    // Where an edge's picture is asked for, there is no way into a list.
    [Fact]
    public async Task No_route_takes_a_sighting_or_a_match_into_a_list()
    {
        var document = await host.Core.Http.GetStringAsync("/openapi/v1.json", Token);
        using var json = System.Text.Json.JsonDocument.Parse(document);
        var entry = json.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(nameof(NewFaceEntry)).GetProperty("properties").EnumerateObject().Select(p => p.Name);
        var picture = json.RootElement.GetProperty("components").GetProperty("schemas").GetProperty(nameof(FacePictureFile)).GetProperty("properties").EnumerateObject().Select(p => p.Name);

        Assert.Equal(["authority", "category", "expiresAt", "label", "minor", "pictures", "reason"], entry.Order());
        Assert.Equal(["bytes", "name"], picture.Order());

        // All routes of faces: none searches for a face, and none gives what one could be searched by.
        Assert.Equal(
            [
                "/api/edge/faces", "/api/edge/faces/matches", "/api/faces", "/api/faces/deployments", "/api/faces/deployments/{id}", "/api/faces/deployments/{id}/notice", "/api/faces/deployments/{id}/revoke",
                "/api/faces/deployments/{id}/sign", "/api/faces/entries/{id}", "/api/faces/entries/{id}/confirm", "/api/faces/entries/{id}/pictures/{number}", "/api/faces/lists", "/api/faces/lists/{id}",
                "/api/faces/lists/{id}/entries", "/api/faces/lists/{id}/estimate", "/api/faces/matches", "/api/faces/matches/{id}/answer", "/api/faces/matches/{id}/enrolled/{number}", "/api/faces/matches/{id}/picture",
                "/api/faces/report", "/api/faces/report/export",
            ],
            json.RootElement.GetProperty("paths").EnumerateObject().Select(p => p.Name).Where(p => p.Contains("face", StringComparison.OrdinalIgnoreCase)).Order(StringComparer.Ordinal));
        var withTemplates = json.RootElement.GetProperty("components").GetProperty("schemas").EnumerateObject()
            .Where(s => s.Value.TryGetProperty("properties", out var properties) && properties.EnumerateObject().Any(p => p.Name.Contains("template", StringComparison.OrdinalIgnoreCase))).Select(s => s.Name);
        Assert.Equal([nameof(FaceOrder)], withTemplates);
    }

    [Fact]
    public async Task Switched_off_no_route_of_faces_exists_and_what_is_due_is_destroyed_all_the_same()
    {
        var (_, _, deployment, match) = await host.MatchedAsync();
        await using var off = host.Core.Build(host.Core.Postgres.ConnectionString, new() { ["Core:Faces:Enabled"] = "false", ["Core:Faces:Interval"] = "00:01:00" });
        var routes = ((IEndpointRouteBuilder)off).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>().Select(e => e.RoutePattern.RawText!).ToList();
        Assert.DoesNotContain(routes, r => r.Contains("faces", StringComparison.Ordinal));
        Assert.Contains("/api/city", routes);

        await host.Core.Postgres.ExecuteAsync("update face_matches set received_at = received_at - interval '25 hours' where id = $1", match.Id);
        await ((Core.Faces.FaceWorker)off.Services.GetService(typeof(Core.Faces.FaceWorker))!).TurnAsync(Token);
        Assert.Equal(0L, await KeptAsync(match.Id));
        await host.RevokeAsync(deployment.Id);
    }

    private Task<long> KeptAsync(params Guid[] matches) => host.Core.Postgres.ScalarAsync<long>("select count(*) from face_matches where id = any($1) and picture is not null", matches);

    private static byte[] Changed(byte[] portrait, float scale, float blur)
    {
        using var picture = SKBitmap.Decode(portrait);
        using var made = new SKBitmap((int)(picture.Width * scale), (int)(picture.Height * scale));
        using var canvas = new SKCanvas(made);
        using var image = SKImage.FromBitmap(picture);
        using var paint = new SKPaint { ImageFilter = blur > 0 ? SKImageFilter.CreateBlur(blur, blur) : null };
        canvas.DrawImage(image, new SKRect(0, 0, made.Width, made.Height), new SKSamplingOptions(SKFilterMode.Linear, SKMipmapMode.Linear), paint);
        using var encoded = made.Encode(SKEncodedImageFormat.Jpeg, 90);
        return encoded.ToArray();
    }
}

using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Audit;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Tests.Faces;

/// <summary>From the record to the confirmed match, and every way in which nothing may come of it.</summary>
public sealed class FaceStoryTests(FaceHost host) : IClassFixture<FaceHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_signed_record_brings_orders_a_match_is_a_question_and_two_reviewers_confirm_it()
    {
        var list = await host.ListAsync();
        var entry = await host.EnrolAsync(list.Id, "Walter Beispiel", "p01-1.jpg", "p01-3.jpg");
        var draft = await host.WriteAsync(host.Record(list.Id));
        Assert.Equal((FaceDeploymentState.Draft, null), (draft.State, draft.CannotSign));
        Assert.Equal(2, draft.Estimate!.Pictures);
        Assert.InRange(draft.Estimate.FalseAlertsAnHour, 0.5, 10);
        Assert.Empty(await host.OrdersAsync(draft.Id));

        var once = await Caller.ReadAsync<FaceDeploymentView>(await FaceHost.SignAsync(host.First, draft.Id));
        Assert.Equal(FaceDeploymentState.SignedOnce, once.State);
        Assert.Empty(await host.OrdersAsync(draft.Id));
        var signed = await Caller.ReadAsync<FaceDeploymentView>(await FaceHost.SignAsync(host.Second, draft.Id));
        Assert.Equal(FaceDeploymentState.InForce, signed.State);

        var order = Assert.Single(await host.OrdersAsync(draft.Id));
        Assert.Equal([host.Camera], order.Cameras);
        Assert.Equal((TimeSpan.FromSeconds(60), "dlib-resnet-1", 0.6), (order.Lease, order.Descriptor, order.Threshold));
        Assert.Equal(2, order.Templates.Count);
        Assert.All(order.Templates, t => Assert.Equal((entry, 128 * sizeof(float)), (t.Entry, t.Sealed.Length)));

        var match = host.Match(draft.Id, entry);
        using (var taken = await host.BringAsync(match))
        {
            Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        }

        var waiting = (await FaceHost.WaitingAsync(host.FirstReviewer, match.Id))!;
        Assert.Equal(("Walter Beispiel", FaceNearness.VeryNear, FaceHost.Station, false), (waiting.Label, waiting.Nearness, waiting.StationId, waiting.Second));
        Assert.Equal(match.Picture, await host.FirstReviewer.Http.GetByteArrayAsync($"/api/faces/matches/{match.Id}/picture", Token));
        Assert.Equal([0xFF, 0xD8], (await host.FirstReviewer.Http.GetByteArrayAsync($"/api/faces/matches/{match.Id}/enrolled/2", Token))[..2]);
        var raw = await host.FirstReviewer.Http.GetStringAsync("/api/faces/matches", Token);
        Assert.DoesNotContain("0.41", raw, StringComparison.Ordinal);

        Assert.Equal("second-needed", (await Caller.ReadAsync<FaceMatchOutcome>(await FaceHost.AnswerAsync(host.FirstReviewer, match.Id, FaceAnswer.Same))).Outcome);
        using (var again = await FaceHost.AnswerAsync(host.FirstReviewer, match.Id, FaceAnswer.Same))
        {
            Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
        }

        Assert.Equal((true, false), ((await FaceHost.WaitingAsync(host.SecondReviewer, match.Id))!.Second, (await FaceHost.WaitingAsync(host.SecondReviewer, match.Id))!.Mine));
        Assert.Equal("true", (await Caller.ReadAsync<FaceMatchOutcome>(await FaceHost.AnswerAsync(host.SecondReviewer, match.Id, FaceAnswer.Same))).Outcome);

        Assert.Null(await FaceHost.WaitingAsync(host.SecondReviewer, match.Id));
        Assert.Equal(0L, await host.Core.Postgres.ScalarAsync<long>("select (select count(*) from alerts) + (select count(*) from review_cases)"));
        var counts = (await host.FindAsync(draft.Id)).Counts;
        Assert.Equal((1L, 1L, 0L, 0L), (counts.Received, counts.True, counts.False, counts.Destroyed));
        await host.Worker.TurnAsync(Token);
        await AuditedAsync("faces.enrol", "faces.confirm", "faces.write", "faces.sign", "faces.match", "faces.match-view", "faces.answer", "faces.begin");
        Assert.Equal(0L, await host.Core.Postgres.ScalarAsync<long>("select count(*) from audit where coalesce(subject, '') || coalesce(details, '') || coalesce(reason, '') like '%Beispiel%'"));
        await host.RevokeAsync(draft.Id);
    }

    [Fact]
    public async Task Who_is_proposed_what_is_signed_and_answered_and_what_is_destroyed_is_written_down_or_not_done()
    {
        var list = await host.ListAsync();
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_pictures", () => host.First.Http.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", FaceHost.Entry("Three", "p02-1.jpg"), Token));
        var entry = await host.Core.Postgres.ScalarAsync<Guid>("select id from face_entries where list_id = $1", list.Id);
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_entries", () => host.Second.Http.PostAsync($"/api/faces/entries/{entry}/confirm", null, Token));
        var draft = await host.WriteAsync(host.Record(list.Id));
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_signatures", () => FaceHost.SignAsync(host.First, draft.Id));
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_signatures", () => FaceHost.SignAsync(host.Second, draft.Id));
        var (match, other) = (host.Match(draft.Id, entry), host.Match(draft.Id, entry));
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_matches", () => host.BringAsync(match));
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_matches", () => host.BringAsync(other));
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_matches", () => FaceHost.AnswerAsync(host.FirstReviewer, match.Id, FaceAnswer.Same));
        await ChangeAndLine.AreTogetherAsync(host.Core, "face_matches", () => FaceHost.AnswerAsync(host.SecondReviewer, match.Id, FaceAnswer.Same));

        Task<bool> IsDestroyedAsync() => host.Core.Postgres.ScalarAsync<bool>("select destroyed_at is not null from face_matches where id = $1", other.Id);
        await ChangeAndLine.FailingAsync(host.Core, "audit", async () =>
        {
            await host.Core.Postgres.ExecuteAsync("update face_matches set received_at = received_at - interval '25 hours' where id = $1", other.Id);
            await Assert.ThrowsAsync<PostgresException>(() => host.Worker.TurnAsync(Token));
        });
        Assert.False(await IsDestroyedAsync());
        await host.Worker.TurnAsync(Token);
        Assert.True(await IsDestroyedAsync());
        await host.RevokeAsync(draft.Id);
    }

    [Fact]
    public async Task Without_two_different_people_who_have_signed_nothing_is_ordered()
    {
        var list = await host.ListAsync();
        var entry = await host.EnrolAsync(list.Id, "One", "p02-1.jpg");
        var draft = await host.WriteAsync(host.Record(list.Id));
        Assert.Equal(HttpStatusCode.OK, (await FaceHost.SignAsync(host.First, draft.Id)).StatusCode);
        Assert.Equal(HttpStatusCode.Conflict, (await FaceHost.SignAsync(host.First, draft.Id)).StatusCode);

        // A program is no person, whatever its key may do.
        using var program = await host.Core.Http.PostAsync($"/api/faces/deployments/{draft.Id}/sign", null, Token);
        Assert.Equal(HttpStatusCode.Forbidden, program.StatusCode);
        Assert.Contains("a key of a program", await program.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        using var administrator = await Caller.OfRoleAsync(host.Core, Role.Administrator);
        Assert.Equal(HttpStatusCode.Forbidden, (await FaceHost.SignAsync(administrator, draft.Id)).StatusCode);

        Assert.Empty(await host.OrdersAsync(draft.Id));
        using var refused = await host.BringAsync(host.Match(draft.Id, entry));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
    }

    [Fact]
    public async Task Whoever_was_confirmed_after_the_first_signature_is_not_looked_for()
    {
        var list = await host.ListAsync();
        var entry = await host.EnrolAsync(list.Id, "Before", "p02-1.jpg");
        var draft = await host.WriteAsync(host.Record(list.Id));
        await Caller.ReadAsync<FaceDeploymentView>(await FaceHost.SignAsync(host.First, draft.Id));
        var later = await host.EnrolAsync(list.Id, "After", "p03-1.jpg");
        await Caller.ReadAsync<FaceDeploymentView>(await FaceHost.SignAsync(host.Second, draft.Id));

        Assert.Equal(entry, Assert.Single(Assert.Single(await host.OrdersAsync(draft.Id)).Templates).Entry);
        using var refused = await host.BringAsync(host.Match(draft.Id, later));
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);

        using var removed = await FaceHost.SendAsync(host.First, HttpMethod.Delete, $"/api/faces/entries/{entry}", "the warrant was lifted");
        Assert.Equal(HttpStatusCode.NoContent, removed.StatusCode);
        Assert.Empty(Assert.Single(await host.OrdersAsync(draft.Id)).Templates);
        await host.RevokeAsync(draft.Id);
    }

    [Fact]
    public async Task A_record_that_promises_too_many_false_alerts_is_not_signed()
    {
        var list = await host.ListAsync();
        var empty = await host.WriteAsync(host.Record(list.Id));
        Assert.Contains("no confirmed entry", empty.CannotSign, StringComparison.Ordinal);
        await host.EnrolAsync(list.Id, "One", "p02-1.jpg");
        var busy = await host.WriteAsync(host.Record(list.Id, facesAnHour: 5_000));

        Assert.Contains("false alerts an hour are to be expected", busy.CannotSign, StringComparison.Ordinal);
        using var refused = await FaceHost.SignAsync(host.First, busy.Id);
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);

        var wide = await host.WriteAsync(host.Record(list.Id) with { Threshold = 0.9 });
        Assert.Contains("no figure for a threshold as large", wide.CannotSign, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_is_for_a_day_at_most_says_everything_and_is_never_changed()
    {
        var list = await host.ListAsync();
        var record = host.Record(list.Id);
        foreach (var (wrong, word) in new[]
        {
            (record with { Until = record.From.AddHours(24.1) }, "24 hours"),
            (record with { From = record.From.AddDays(-1), Until = record.From }, "past"),
            (record with { Dpia = "" }, "dpia"),
            (record with { LegalBasis = null }, "legalBasis"),
            (record with { Cameras = [] }, "cameras"),
            (record with { Cameras = [new FacePlace(FaceHost.Station, "no-such-camera")] }, "no-such-camera"),
            (record with { List = Guid.CreateVersion7() }, "watch-list"),
        })
        {
            using var refused = await host.First.Http.PostAsJsonAsync("/api/faces/deployments", wrong, Token);
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
            Assert.Contains(word, await refused.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }

        var draft = await host.WriteAsync(record);
        foreach (var sql in (string[])["update face_deployments set until_at = until_at + interval '1 hour' where id = $1", "update face_deployments set threshold = 0.9 where id = $1", "delete from face_deployments where id = $1"])
        {
            var e = await Assert.ThrowsAsync<Npgsql.PostgresException>(() => host.Core.Postgres.ExecuteAsync(sql, draft.Id));
            Assert.Contains("never changed", e.MessageText, StringComparison.Ordinal);
        }

        await host.RevokeAsync(draft.Id);
        await Assert.ThrowsAsync<Npgsql.PostgresException>(() => host.Core.Postgres.ExecuteAsync("update face_deployments set revoked_at = null, revoked_by = null, revoked_for = null where id = $1", draft.Id));
    }

    [Fact]
    public async Task Before_it_begins_and_after_it_is_over_nothing_is_ordered()
    {
        var list = await host.ListAsync();
        var entry = await host.EnrolAsync(list.Id, "One", "p02-1.jpg");
        var now = TimeProvider.System.GetUtcNow();
        var later = await host.WriteAsync(host.Record(list.Id) with { From = now.AddHours(1), Until = now.AddHours(2) });
        await Caller.ReadAsync<FaceDeploymentView>(await FaceHost.SignAsync(host.First, later.Id));
        Assert.Equal(FaceDeploymentState.SignedTwice, (await Caller.ReadAsync<FaceDeploymentView>(await FaceHost.SignAsync(host.Second, later.Id))).State);
        Assert.Empty(await host.OrdersAsync(later.Id));

        var over = await OverAsync(list, now);
        Assert.Equal(FaceDeploymentState.Over, (await host.FindAsync(over)).State);
        Assert.Empty(await host.OrdersAsync(over));
        using var refused = await host.BringAsync(host.Match(over, entry) with { At = now.AddMinutes(-90) });
        Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        // Its edge was given the list, and has never said that it is destroyed.
        await host.Core.Postgres.ExecuteAsync("insert into face_orders (deployment_id, station_id, ordered_at) values ($1, $2, $3)", over, FaceHost.Station, now.AddHours(-1).AddSeconds(-2));
        await host.Worker.TurnAsync(Token);
        Assert.Contains($"the edge of {FaceHost.Station} has not confirmed", Health(), StringComparison.Ordinal);
        await host.ExchangeAsync(new FaceReport(over, Guid.CreateVersion7(), 0, new Dictionary<string, long>(), 0, 0, 0, 0, now));
        await host.Worker.TurnAsync(Token);
        Assert.Null(Health());

        Assert.StartsWith("OVER", await host.First.Http.GetStringAsync($"/api/faces/deployments/{over}/notice", Token), StringComparison.Ordinal);
        using var signed = await FaceHost.SignAsync(host.First, over);
        Assert.Equal(HttpStatusCode.Conflict, signed.StatusCode);
    }

    [Fact]
    public async Task Revoked_in_the_middle_of_a_pass_there_are_no_orders_its_match_is_refused_and_the_record_says_who_has_destroyed()
    {
        var (_, entry, deployment, _) = await host.MatchedAsync();
        Assert.Single(await host.OrdersAsync(deployment.Id));
        var seen = host.Match(deployment.Id, entry);

        var revoked = await host.RevokeAsync(deployment.Id);

        Assert.Equal((FaceDeploymentState.Revoked, "the event was called off"), (revoked.State, revoked.RevokedFor));
        Assert.Empty(await host.OrdersAsync(deployment.Id));
        using (var refused = await host.BringAsync(seen))
        {
            Assert.Equal(HttpStatusCode.Conflict, refused.StatusCode);
        }

        Assert.Null(Assert.Single((await host.FindAsync(deployment.Id)).Stations).DestroyedAt);
        var report = new FaceReport(deployment.Id, Guid.CreateVersion7(), 12, new Dictionary<string, long> { [FaceRefusal.Blurred] = 3 }, 5, 4, 2, 1, TimeProvider.System.GetUtcNow());
        await host.ExchangeAsync(report);
        Assert.NotNull(Assert.Single((await host.FindAsync(deployment.Id)).Stations).DestroyedAt);
        await host.Worker.TurnAsync(Token);
        await AuditedAsync("faces.revoke", "faces.destroyed");
    }

    [Fact]
    public async Task The_audit_has_the_end_of_a_deployment_once_with_all_that_its_edges_counted()
    {
        var (_, _, deployment, _) = await host.MatchedAsync();
        Assert.Single(await host.OrdersAsync(deployment.Id));
        await host.Worker.TurnAsync(Token);
        var run = Guid.CreateVersion7();
        FaceReport Report(long passes, DateTimeOffset? destroyedAt) => new(deployment.Id, run, 20, new Dictionary<string, long> { [FaceRefusal.FewLooks] = passes - 7 }, passes, 7, 1, 0, destroyedAt);
        await host.ExchangeAsync(Report(8, null));
        await host.RevokeAsync(deployment.Id);
        await host.Worker.TurnAsync(Token);
        Assert.Empty(await EndsAsync());

        await host.ExchangeAsync(Report(9, TimeProvider.System.GetUtcNow()));
        await host.Worker.TurnAsync(Token);
        await host.Worker.TurnAsync(Token);
        Assert.Contains("\"passes\":9", Assert.Single(await EndsAsync()), StringComparison.Ordinal);

        // Of an edge that says nothing more, the end has what is known.
        var (_, _, silent, _) = await host.MatchedAsync();
        Assert.Single(await host.OrdersAsync(silent.Id));
        await host.Worker.TurnAsync(Token);
        await host.RevokeAsync(silent.Id);
        await host.Core.Postgres.ExecuteAsync("alter table face_deployments disable trigger face_deployments_keep");
        await host.Core.Postgres.ExecuteAsync("update face_deployments set revoked_at = revoked_at - interval '11 minutes' where id = $1", silent.Id);
        await host.Core.Postgres.ExecuteAsync("alter table face_deployments enable trigger face_deployments_keep");
        await host.Worker.TurnAsync(Token);
        Assert.Single(await EndsAsync(silent.Id));
        await host.ExchangeAsync(new FaceReport(silent.Id, Guid.CreateVersion7(), 0, new Dictionary<string, long>(), 0, 0, 0, 0, TimeProvider.System.GetUtcNow()));

        Task<List<string>> EndsAsync(Guid? id = null) => host.Core.Postgres.ColumnAsync<string>($"select details from audit where action = 'faces.end' and subject like '{id ?? deployment.Id} %'");
    }

    [Fact]
    public async Task Reports_that_come_again_or_in_another_order_count_once_and_runs_add_up()
    {
        var (_, _, deployment, match) = await host.MatchedAsync();
        FaceReport Report(Guid run, long faces) => new(deployment.Id, run, faces, new Dictionary<string, long> { [FaceRefusal.Small] = faces / 2, [FaceRefusal.Dark] = 1 }, faces / 3, faces / 4, 1, 0, null);
        var (first, second) = (Guid.CreateVersion7(), Guid.CreateVersion7());

        foreach (var report in new[] { Report(first, 40), Report(first, 100), Report(first, 100), Report(first, 40), Report(second, 12) })
        {
            await host.ExchangeAsync(report);
        }

        using (var again = await host.BringAsync(match))
        {
            Assert.Equal(HttpStatusCode.NoContent, again.StatusCode);
        }

        var counts = (await host.FindAsync(deployment.Id)).Counts;
        Assert.Equal((112L, 37L, 28L, 2L, 1L), (counts.Faces, counts.Passes, counts.Comparisons, counts.Matches, counts.Received));
        Assert.Equal((56L, 2L), (counts.Refused[FaceRefusal.Small], counts.Refused[FaceRefusal.Dark]));

        var month = await host.First.Http.GetFromJsonAsync<FaceReportView>("/api/faces/report", Token);
        Assert.Equal(112L, Assert.Single(month!.Deployments, d => d.Id == deployment.Id).Counts.Faces);
        var lines = (await host.First.Http.GetStringAsync("/api/faces/report/export", Token)).Split("\r\n");
        Assert.Contains("refused-small", lines[0], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.StartsWith(deployment.Id.ToString(), StringComparison.Ordinal) && l.Contains(",112,", StringComparison.Ordinal));
        await host.RevokeAsync(deployment.Id);
    }

    [Fact]
    public async Task An_edge_that_stops_tells_that_its_templates_are_destroyed_and_is_ordered_nothing_more()
    {
        var (_, _, deployment, _) = await host.MatchedAsync();
        Assert.Single(await host.OrdersAsync(deployment.Id));
        var report = new FaceReport(deployment.Id, Guid.CreateVersion7(), 1, new Dictionary<string, long>(), 1, 1, 0, 0, TimeProvider.System.GetUtcNow());
        using var pair = new FaceKeyPair();
        var last = await Caller.ReadAsync<FaceOrders>(await host.Edge.Http.PostAsJsonAsync($"/api/edge/faces?station={FaceHost.Station}", new FaceExchange([report], pair.PublicKey, IsLast: true), Token));

        Assert.Empty(last.Orders);
        Assert.True(await host.Core.Postgres.ScalarAsync<bool>(
            "select r.confirmed_at >= o.ordered_at from face_runs r join face_orders o using (deployment_id, station_id) where r.run = $1", report.Run));
        await host.RevokeAsync(deployment.Id);
    }

    [Fact]
    public async Task A_watch_list_that_cannot_be_opened_keeps_no_other_deployment_from_its_station()
    {
        var (damaged, _, first, _) = await host.MatchedAsync();
        var (_, _, second, _) = await host.MatchedAsync();
        await host.Core.Postgres.ExecuteAsync("update face_pictures set template = decode(repeat('00', octet_length(template)), 'hex') where entry_id in (select id from face_entries where list_id = $1)", damaged.Id);

        Assert.Empty(await host.OrdersAsync(first.Id));
        Assert.Single(await host.OrdersAsync(second.Id));
        await host.RevokeAsync(first.Id);
        await host.RevokeAsync(second.Id);
    }

    [Fact]
    public async Task An_edge_of_another_station_is_refused_and_gets_and_brings_nothing()
    {
        var (_, entry, deployment, _) = await host.MatchedAsync();
        using var stranger = Caller.With(host.Core, await host.KeyAsync("london-a2"));
        using var pair = new FaceKeyPair();

        using var asked = await stranger.Http.PostAsJsonAsync($"/api/edge/faces?station={FaceHost.Station}", new FaceExchange([], pair.PublicKey), Token);
        Assert.Equal(HttpStatusCode.Forbidden, asked.StatusCode);
        using var keyless = await stranger.Http.PostAsJsonAsync("/api/edge/faces?station=london-a2", new FaceExchange([], [1]), Token);
        Assert.Equal(HttpStatusCode.BadRequest, keyless.StatusCode);
        using var brought = await host.BringAsync(host.Match(deployment.Id, entry), stranger);
        Assert.Equal(HttpStatusCode.Forbidden, brought.StatusCode);

        var own = await Caller.ReadAsync<FaceOrders>(await stranger.Http.PostAsJsonAsync(
            "/api/edge/faces?station=london-a2", new FaceExchange([new(deployment.Id, Guid.CreateVersion7(), 9, new Dictionary<string, long>(), 9, 9, 9, 0, null)], pair.PublicKey), Token));
        Assert.Empty(own.Orders);
        Assert.Equal(0L, (await host.FindAsync(deployment.Id)).Counts.Faces);
        using var elsewhere = await stranger.Http.PostAsJsonAsync("/api/edge/faces/matches?station=london-a2", host.Match(deployment.Id, entry), Token);
        Assert.Equal(HttpStatusCode.Conflict, elsewhere.StatusCode);
        using var uncovered = await host.BringAsync(host.Match(deployment.Id, entry) with { Camera = "another" });
        Assert.Equal(HttpStatusCode.Conflict, uncovered.StatusCode);
        await host.RevokeAsync(deployment.Id);
    }

    [Fact]
    public async Task A_match_is_a_jpeg_of_three_looks_under_the_threshold()
    {
        var (_, entry, deployment, _) = await host.MatchedAsync();
        var match = host.Match(deployment.Id, entry);
        foreach (var (wrong, status) in new[]
        {
            (match with { Picture = [1, 2, 3] }, HttpStatusCode.BadRequest),
            (match with { Picture = Convert.FromBase64String("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==") }, HttpStatusCode.BadRequest),
            (match with { Picture = [.. match.Picture, .. new byte[500_001 - match.Picture.Length]] }, HttpStatusCode.BadRequest),
            (match with { Picture = [.. match.Picture, .. new byte[500_000]] }, HttpStatusCode.RequestEntityTooLarge),
            (match with { Looks = 2 }, HttpStatusCode.BadRequest),
            (match with { Id = Guid.NewGuid() }, HttpStatusCode.BadRequest),
            (match with { At = match.At.AddHours(1) }, HttpStatusCode.BadRequest),
            (match with { Distance = 0.6 }, HttpStatusCode.Conflict),
            (match with { Entry = Guid.CreateVersion7() }, HttpStatusCode.Conflict),
        })
        {
            using var refused = await host.BringAsync(wrong);
            Assert.True(refused.StatusCode == status, $"{refused.StatusCode}: {await refused.Content.ReadAsStringAsync(Token)}");
        }

        await host.RevokeAsync(deployment.Id);
    }

    [Fact]
    public async Task The_public_notice_says_where_when_why_and_whom_to_ask()
    {
        var list = await host.ListAsync();
        await host.EnrolAsync(list.Id, "One", "p02-1.jpg");
        var draft = await host.WriteAsync(host.Record(list.Id));
        Assert.StartsWith("NOT SIGNED", await host.First.Http.GetStringAsync($"/api/faces/deployments/{draft.Id}/notice", Token), StringComparison.Ordinal);
        await FaceHost.SignAsync(host.First, draft.Id);
        await FaceHost.SignAsync(host.Second, draft.Id);

        var notice = await host.First.Http.GetStringAsync($"/api/faces/deployments/{draft.Id}/notice", Token);

        Assert.StartsWith("FACIAL RECOGNITION IN USE", notice, StringComparison.Ordinal);
        Assert.All((string[])["Market Square, north entrance", "dpo@police.example", "DPIA 2026-17", "Superintendent A. Example"], text => Assert.Contains(text, notice, StringComparison.Ordinal));
        await host.RevokeAsync(draft.Id);
    }

    private string? Health() => host.Core.Services.GetRequiredService<WorkerHealth>().Reports.Single(r => r.Name == "faces").Detail;

    // Two hours ago, for an hour: no time passes in a test.
    private async Task<Guid> OverAsync(FaceListView list, DateTimeOffset now)
    {
        var id = Guid.CreateVersion7();
        await host.Core.Postgres.ExecuteAsync(
            """
            insert into face_deployments (id, purpose, legal_basis, authoriser, dpia, contact, place, list_id, list_name, from_at, until_at, threshold, faces_an_hour, written_by, written_at)
            values ($1, 'Purpose', 'Basis', 'Authoriser', 'DPIA', 'Contact', 'Place', $2, $3, $4, $5, 0.6, 60, 'a', $4)
            """, id, list.Id, list.Name, now.AddHours(-2), now.AddHours(-1));
        await host.Core.Postgres.ExecuteAsync("insert into face_deployment_cameras values ($1, $2, $3)", id, FaceHost.Station, host.Camera);
        await host.Core.Postgres.ExecuteAsync("insert into face_signatures values ($1, 1, 'a', $2), ($1, 2, 'b', $2)", id, now.AddHours(-2));
        return id;
    }

    private async Task AuditedAsync(params string[] actions)
    {
        var written = await host.Core.Postgres.ColumnAsync<string>("select distinct action from audit");
        Assert.Superset(actions.ToHashSet(), written.ToHashSet());
    }
}

using System.Net;
using System.Net.Http.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Alerts;

public sealed class AlertActionTests(CoreHost core) : IClassFixture<CoreHost>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_step_is_kept_with_who_took_it_and_why()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        var name = (await person.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        var alert = await AlertAsync("AA01ACT");

        Assert.Equal(HttpStatusCode.NoContent, await ActAsync(person, alert.Id, "acknowledged"));
        Assert.Equal(HttpStatusCode.NoContent, await ActAsync(person, alert.Id, "escalated", "seen with two others"));
        Assert.Equal(HttpStatusCode.NoContent, await ActAsync(person, alert.Id, "dismissed", "recovered by the police"));
        Assert.Equal(HttpStatusCode.NoContent, await ActAsync(person, alert.Id, "reopened"));

        var detail = await DetailAsync(alert.Id);
        Assert.Equal(["acknowledged", "escalated", "dismissed", "reopened"], detail.Actions.Select(a => a.Action));
        Assert.All(detail.Actions, a => Assert.Equal(name, a.By));
        Assert.Equal("recovered by the police", detail.Actions[2].Note);
        Assert.Equal("open", detail.Alert.State);
        Assert.Null(detail.Alert.AcknowledgedAt);
    }

    [Fact]
    public async Task A_hit_is_resolved_with_what_became_of_it_and_its_owner_stays()
    {
        using var person = await Caller.OfRoleAsync(core, Role.Operator);
        var name = (await person.Http.GetFromJsonAsync<AccountView>("/api/access/me", Token))!.Name;
        var alert = await AlertAsync("AA04ACT");
        using var without = await person.Http.PostAsJsonAsync($"/api/alerts/{alert.Id}/actions", new AlertDecision("resolved"), Token);
        using var odd = await person.Http.PostAsJsonAsync($"/api/alerts/{alert.Id}/actions", new AlertDecision("resolved", null, "who knows"), Token);
        using var misplaced = await person.Http.PostAsJsonAsync($"/api/alerts/{alert.Id}/actions", new AlertDecision("acknowledged", null, "true"), Token);
        Assert.All([without, odd, misplaced], a => Assert.Equal(HttpStatusCode.BadRequest, a.StatusCode));

        await ActAsync(person, alert.Id, "acknowledged");
        using var resolved = await person.Http.PostAsJsonAsync($"/api/alerts/{alert.Id}/actions", new AlertDecision("resolved", "stopped at the A1", "true"), Token);

        Assert.Equal(HttpStatusCode.NoContent, resolved.StatusCode);
        var detail = await DetailAsync(alert.Id);
        Assert.Equal(("resolved", "true", name, "stopped at the A1"), (detail.Alert.State, detail.Alert.Outcome, detail.Alert.AcknowledgedBy, detail.Alert.Note));
        Assert.Equal("true", detail.Actions[^1].Outcome);
        Assert.Equal(HttpStatusCode.Conflict, await ActAsync(person, alert.Id, "dismissed", "too late"));

        await ActAsync(person, alert.Id, "reopened");
        Assert.Null((await DetailAsync(alert.Id)).Alert.Outcome);
    }

    [Theory]
    [InlineData("dismissed", null)]
    [InlineData("dismissed", "  ")]
    [InlineData("escalated", null)]
    [InlineData("forgotten", "why not")]
    [InlineData(null, "why not")]
    public async Task A_step_without_what_it_needs_is_refused(string? action, string? note)
    {
        using var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        Assert.Equal(HttpStatusCode.BadRequest, await ActAsync(person, Guid.NewGuid(), action, note));
    }

    [Fact]
    public async Task Whoever_is_second_is_told_who_was_first()
    {
        var alert = await AlertAsync("AA02ACT");
        using var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        var taken = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => ActAsync(person, alert.Id, "acknowledged")));

        Assert.Equal([HttpStatusCode.NoContent, HttpStatusCode.Conflict, HttpStatusCode.Conflict, HttpStatusCode.Conflict], taken.Order());
        Assert.Single((await DetailAsync(alert.Id)).Actions);
        Assert.Equal(HttpStatusCode.NotFound, await ActAsync(person, Guid.NewGuid(), "acknowledged"));
    }

    [Fact]
    public async Task The_next_stations_are_those_that_vehicles_before_it_went_to()
    {
        var alert = await AlertAsync("AA03ACT");
        for (var i = 0; i < 4; i++)
        {
            var at = alert.CapturedAt.AddHours(-5 - i);
            await PassAsync($"GONE{i}", alert.StationId, alert.Direction, at);
            await PassAsync($"GONE{i}", i < 3 ? "london-a3" : "london-a4", null, at.AddMinutes(10 + i));
        }

        await PassAsync("LATE1", alert.StationId, alert.Direction, alert.CapturedAt.AddHours(-10));
        await PassAsync("LATE1", "london-a4", null, alert.CapturedAt.AddHours(-6));

        var next = (await DetailAsync(alert.Id)).NextStations;

        Assert.Equal(["london-a3", "london-a4"], next.Select(n => n.StationId));
        Assert.Equal([0.75, 0.25], next.Select(n => n.Share));
        Assert.Equal(TimeSpan.FromSeconds(11 * 60 - 2), next[0].Median);
    }

    [Fact]
    public async Task Its_deliveries_come_with_every_answer_and_can_be_sent_again()
    {
        await using var receiver = await WebhookReceiver.StartAsync();
        using var added = await core.Http.PostAsJsonAsync("/api/webhooks", new WebhookRequest("police", receiver.Url, "a secret of some length"), Token);
        Assert.Equal(HttpStatusCode.Created, added.StatusCode);
        var alert = await AlertAsync("AA08ACT");
        await CoreHost.UntilAsync(async () => (await DetailAsync(alert.Id)).Deliveries is [{ Delivery.State: "delivered" }], "the delivery");
        var delivery = (await DetailAsync(alert.Id)).Deliveries[0];
        Assert.Equal("police", delivery.Webhook);
        Assert.Equal(200, Assert.Single(delivery.Delivery.Attempts).Status);

        using var again = await core.Http.PostAsync($"/api/alerts/{alert.Id}/deliveries/{delivery.Delivery.Id}/resend", null, Token);
        using var foreign = await core.Http.PostAsync($"/api/alerts/{Guid.NewGuid()}/deliveries/{delivery.Delivery.Id}/resend", null, Token);

        Assert.Equal(HttpStatusCode.Accepted, again.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, foreign.StatusCode);
        await CoreHost.UntilAsync(async () => (await DetailAsync(alert.Id)).Deliveries[0].Delivery.Attempts.Count == 2, "the second attempt");
        using var removed = await core.Http.DeleteAsync($"/api/webhooks/{delivery.Delivery.WebhookId}", Token);
    }

    [Fact]
    public async Task One_step_is_taken_for_many_alerts_and_those_that_could_not_take_it_are_named()
    {
        using var person = Caller.With(core, (await Caller.SignInAsync(core, "administrator", CoreHost.AdministratorPassword)).Token);
        var (first, second, gone, missing) = (await AlertAsync("AA05ACT"), await AlertAsync("AA06ACT"), await AlertAsync("AA07ACT"), Guid.NewGuid());
        await ActAsync(person, gone.Id, "dismissed", "a test");

        using var without = await person.Http.PostAsJsonAsync("/api/alerts/actions", new AlertsDecision([first.Id], "dismissed"), Token);
        using var none = await person.Http.PostAsJsonAsync("/api/alerts/actions", new AlertsDecision([], "acknowledged"), Token);
        using var many = await person.Http.PostAsJsonAsync("/api/alerts/actions", new AlertsDecision([first.Id, second.Id, first.Id, gone.Id, missing], "acknowledged"), Token);

        Assert.Equal([HttpStatusCode.BadRequest, HttpStatusCode.BadRequest], [without.StatusCode, none.StatusCode]);
        var decided = (await many.Content.ReadFromJsonAsync<AlertsDecided>(Token))!;
        Assert.Equal(2, decided.Done);
        Assert.Equal([new AlertRefusal(gone.Id, "dismissed"), new AlertRefusal(missing, null)], decided.Refused);
        Assert.Equal(["acknowledged", "acknowledged", "dismissed"], [(await DetailAsync(first.Id)).Alert.State, (await DetailAsync(second.Id)).Alert.State, (await DetailAsync(gone.Id)).Alert.State]);
    }

    [Fact]
    public async Task Alerts_are_found_by_list_and_sorted_by_priority_page_by_page()
    {
        var list = $"recovery {Guid.NewGuid():N}";
        foreach (var (plate, priority) in ((string, int)[])[("AB01LST", 3), ("AB02LST", 1), ("AB03LST", 5), ("AB04LST", 1), ("AB05LST", 2)])
        {
            await AlertAsync(plate, priority, list);
        }

        var pages = new List<Page<AlertView>>();
        do
        {
            pages.Add((await core.Http.GetFromJsonAsync<Page<AlertView>>($"/api/alerts?state=open&list={list}&sort=priority&limit=2{(pages.Count == 0 ? "" : $"&after={Uri.EscapeDataString(pages[^1].Next!)}")}", Token))!);
        }
        while (pages[^1].Next is not null);

        Assert.Equal(["AB04LST", "AB02LST", "AB05LST", "AB01LST", "AB03LST"], pages.SelectMany(p => p.Items).Select(a => a.Plate));
        Assert.All(pages.SelectMany(p => p.Items), a => Assert.Equal(list, a.List));
        Assert.Contains(list, (await core.Http.GetFromJsonAsync<List<string>>("/api/alerts/lists", Token))!);
        using var odd = await core.Http.GetAsync("/api/alerts?state=open&sort=colour", Token);
        Assert.Equal(HttpStatusCode.BadRequest, odd.StatusCode);
    }

    private static async Task<HttpStatusCode> ActAsync(Caller caller, Guid alert, string? action, string? note = null)
    {
        using var response = await caller.Http.PostAsJsonAsync($"/api/alerts/{alert}/actions", new AlertDecision(action, note), Token);
        return response.StatusCode;
    }

    private async Task<AlertDetail> DetailAsync(Guid alert) => (await core.Http.GetFromJsonAsync<AlertDetail>($"/api/alerts/{alert}", Token))!;

    private Task<AlertView> AlertAsync(string plate, int priority = 1, string? list = null) => RaisedAlerts.RaiseAsync(core, plate, priority, list);

    private async Task PassAsync(string plate, string station, string? direction, DateTimeOffset at)
    {
        await using var command = core.Postgres.DataSource.CreateCommand(
            """
            insert into passages (id, plate, station_id, camera_id, direction, first_at, last_at, sightings, best_sighting_id, best_at, best_confidence)
            values (gen_random_uuid(), $1, $2, 'c', $3, $4, $4 + interval '2 s', 1, gen_random_uuid(), $4, 1)
            """);
        foreach (var value in (object?[])[plate, station, direction, at])
        {
            command.Parameters.Add(new() { Value = value ?? DBNull.Value });
        }

        await command.ExecuteNonQueryAsync(Token);
    }
}

using Bunit;
using Microsoft.AspNetCore.Components;
using MudBlazor;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Administration;
using SmartCity.Web.Components.Faces;
using SmartCity.Web.Components.Parts;
using SmartCity.Web.Components.Reports;
using SmartCity.Web.Components.Sql;

namespace SmartCity.Web.Tests;

/// <summary>What is destroyed or stopped with one click is asked for once more, and says what follows.</summary>
public sealed class ConfirmationTests : ConsoleContext
{
    private readonly Guid _id = Guid.NewGuid();
    private readonly IRenderedComponent<MudDialogProvider> _dialogs;

    public ConfirmationTests()
    {
        Core.Answers("GET /api/stations", () => Array.Empty<StationView>());
        Core.Answers("GET /api/access/groups", () => Array.Empty<StationGroupView>());
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.CityWrite);
        _dialogs = Render<MudDialogProvider>();
    }

    [Fact]
    public void A_tariff_is_withdrawn()
    {
        Core.Answers("GET /api/tariffs", () => new[] { new TariffView("later", new DateOnly(2027, 1, 1), null, new TariffRates { BankHolidays = [], WeekdayHours = [], WeekendHours = [] }, "you", At) });

        AsksFirst(Render<TariffsSection>(), "[aria-label='Withdraw later']", "Withdraw", "DELETE /api/tariffs/later", "the tariff before it applies again");
    }

    [Fact]
    public void A_key_is_revoked()
    {
        Core.Answers("GET /api/access/keys", () => new[] { new ApiKeyView(_id, "robot", "sck_abcd", [Scope.LiveRead], "you", At, null, null, null) });

        AsksFirst(Render<ApiKeysTab>(), "[aria-label='Revoke robot']", "Revoke", $"DELETE /api/access/keys/{_id}", "refused at once");
    }

    [Theory]
    [InlineData("Disable ann", "Disable", "", "signed out at once")]
    [InlineData("New password for ann", "Make a new password", "/password", "stops working")]
    [InlineData("Remove second factor of ann", "Remove", "/second-factor", "the password alone")]
    public void A_user_is_disabled_or_gets_a_new_password_or_loses_the_second_factor(string button, string confirms, string path, string says)
    {
        Core.Answers("GET /api/access/users", () => new[] { new UserView { Id = _id, Name = "ann", Roles = ["viewer"], CreatedAt = At } });

        AsksFirst(Render<UsersTab>(), $"[aria-label='{button}']", confirms, $"/api/access/users/{_id}{path}", says);
    }

    [Fact]
    public async Task Roles_are_changed_and_stand_as_they_were_when_nobody_confirms()
    {
        Core.Answers("GET /api/access/users", () => new[] { new UserView { Id = _id, Name = "ann", Roles = ["viewer"], CreatedAt = At } });
        var tab = Render<UsersTab>();
        tab.WaitForAssertion(() => Assert.Contains("ann", tab.Markup, StringComparison.Ordinal));

        await tab.InvokeAsync(() => Roles(tab).Instance.SelectedValuesChanged.InvokeAsync(["viewer", "operator"]));
        _dialogs.WaitForAssertion(() => Assert.Contains("The roles become viewer, operator. ann is signed out", _dialogs.Markup, StringComparison.Ordinal));
        Press("Cancel");

        tab.WaitForAssertion(() => Assert.DoesNotContain("operator", Roles(tab).Markup, StringComparison.Ordinal));
        Assert.Contains("viewer", Roles(tab).Markup, StringComparison.Ordinal);
        Assert.Empty(Core.Posted);
        static IRenderedComponent<MudSelect<string>> Roles(IRenderedComponent<UsersTab> tab) => tab.FindComponents<MudSelect<string>>().Single(s => s.Instance.Label == "Roles of ann");
    }

    [Fact]
    public void A_webhook_is_switched_off_and_on_without_a_question()
    {
        var webhook = new WebhookView(_id, "police", new Uri("https://police.example/"), true, At);
        Core.Answers("GET /api/webhooks", () => new[] { webhook });
        Core.Answers($"PUT /api/webhooks/{_id}", () => webhook = webhook with { Enabled = !webhook.Enabled });
        var section = Render<WebhooksSection>();

        AsksFirst(section, "[aria-label='Switch police off']", "Switch off", $"PUT /api/webhooks/{_id}", "not sent later");

        section.WaitForElement("[aria-label='Switch police on']").Click();
        section.WaitForAssertion(() => Assert.Equal(2, Core.Asked.Count(a => a == $"PUT /api/webhooks/{_id}")));
    }

    [Fact]
    public void A_camera_is_retired()
    {
        Core.Answers("GET /api/setup/stations", () => new[] { new StationSetup("a1", "Angel", 51.5, -0.1, [], [new CameraSetup("a1-n1", "a1", "rtsp://camera", 1, null, [], null, "active", null, null)], null, true) });

        AsksFirst(Render<StationsSection>(), "[aria-label='Retire a1-n1']", "Retire", "PUT /api/setup/cameras/a1-n1", "reads nothing until it is restored");
    }

    [Fact]
    public void Pictures_are_kept_for_a_shorter_time()
    {
        Core.Answers("GET /api/retention", () => new[] { new RetentionView("evidence", "Pictures.", 60, 28, 36_500, null, null, null) });
        var section = Render<RetentionSection>();
        section.WaitForElement("input").Change("30");

        AsksFirst(section, "[aria-label='Save days of Pictures']", "Save the shorter period", "PUT /api/retention/evidence", "30 days instead of 60");
    }

    [Fact]
    public void What_others_share_is_deleted()
    {
        var deleted = 0;
        var saved = Render<SqlSaved>(p => p.Add(s => s.Queries, [new SqlQueryView(_id, "busiest", "select 1", "ben", true, At)]).Add(s => s.Me, "ann").Add(s => s.MayDeleteAll, true).Add(s => s.Deleted, EventCallback.Factory.Create<SqlQueryView>(this, () => deleted++)));

        saved.Find("[aria-label='Delete busiest']").Click();
        _dialogs.WaitForAssertion(() => Assert.Contains("Others use this statement too. It belongs to ben.", _dialogs.Markup, StringComparison.Ordinal));
        Assert.Equal(0, deleted);
        Press("Delete");
        Assert.Equal(1, deleted);
    }

    [Fact]
    public void A_report_by_email_is_removed()
    {
        Core.Answers("GET /api/reports/schedules", () => new[] { new ReportScheduleView(_id, "monthly", "charges", "month", ["a@city.example.org"], "you", At, []) });

        AsksFirst(Render<ReportMailSection>(), "[aria-label='Remove monthly']", "Remove", $"DELETE /api/reports/schedules/{_id}", "sent to nobody any more");
    }

    [Fact]
    public void A_shift_is_taken_off_the_rota()
    {
        var part = Render<RotaPart>(p => p.Add(r => r.Recipients, [Duty]).Add(r => r.Shifts, [new ShiftView(_id, Duty.Id, 2, [1, 2, 3, 4, 5, 6, 7], new TimeOnly(8, 0), new TimeOnly(16, 0))]).Add(r => r.Act, (Func<Func<Task>, Task<bool>>)DoAsync));

        AsksFirst(part, "[aria-label^='Remove the shift of duty']", "Remove", $"DELETE /api/notifications/shifts/{_id}", "duty is not on the second line any more");
    }

    [Fact]
    public void A_recipient_is_switched_off_after_a_question_and_on_without_one()
    {
        var part = Render<RecipientsPart>(p => p.Add(r => r.Recipients, [Duty]).Add(r => r.Act, (Func<Func<Task>, Task<bool>>)DoAsync));

        AsksFirst(part, "[aria-label='Switch duty off']", "Switch off", $"PUT /api/notifications/recipients/{Duty.Id}", "nobody is told of alerts there");

        part.Render(p => p.Add(r => r.Recipients, [Duty with { Enabled = false }]));
        part.Find("[aria-label='Switch duty on']").Click();
        part.WaitForAssertion(() => Assert.Equal(2, Core.Asked.Count(a => a == $"PUT /api/notifications/recipients/{Duty.Id}")));
    }

    [Fact]
    public void A_picture_of_somebody_else_is_destroyed()
    {
        Core.Answers("GET /api/faces/matches", () => new[] { new FaceMatchView(_id, Guid.NewGuid(), "a1", "a1-n1", At, "P1", "wanted", "Theft", FaceNearness.Near, 1, [1], false, false, At.AddHours(1)) });
        var section = Render<FaceReviewSection>();
        section.WaitForAssertion(() => Assert.Contains(section.FindAll("button"), b => b.TextContent.Trim() == "Not the same person"));

        section.FindAll("button").Single(b => b.TextContent.Trim() == "Not the same person").Click();
        _dialogs.WaitForAssertion(() => Assert.Contains("its picture is destroyed at once", _dialogs.Markup, StringComparison.Ordinal));
        Assert.Empty(Core.Posted);
        Press("Not the same person");
        section.WaitForAssertion(() => Assert.Equal("different", Assert.Single(Core.Posted).Body.EnumerateObject().First().Value.GetString()));
    }

    [Fact]
    public void A_reason_that_was_typed_and_not_given_is_not_offered_for_something_else()
    {
        var dialog = Render<ReasonDialog>(p => p.Add(d => d.Title, "Remove A?").Add(d => d.Action, "Remove").Add(d => d.Open, true));
        _dialogs.WaitForElement("input").Input("stolen from A");
        dialog.Render(p => p.Add(d => d.Open, false));
        dialog.Render(p => p.Add(d => d.Open, true).Add(d => d.Title, "Remove B?"));

        _dialogs.WaitForAssertion(() => Assert.Contains("Remove B?", _dialogs.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain("stolen from A", string.Concat(_dialogs.FindAll("input").Select(t => t.GetAttribute("value") + t.TextContent)), StringComparison.Ordinal);
    }

    private RecipientView Duty => new(_id, "duty", RecipientKind.Email, "duty@city.example.org", true, At);

    private static async Task<bool> DoAsync(Func<Task> work)
    {
        try
        {
            await work();
            return true;
        }
        catch (HttpRequestException)
        {
            return false; // the core of this test answers with 404; that it was asked is what counts
        }
    }

    private void AsksFirst<T>(IRenderedComponent<T> section, string button, string confirms, string request, string says)
        where T : IComponent
    {
        section.WaitForElement(button);
        var form = section.Find(button).Closest("form");
        if (form is not null)
        {
            form.Submit();
        }
        else
        {
            section.Find(button).Click();
        }

        _dialogs.WaitForAssertion(() => Assert.Contains(says, _dialogs.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain(Core.Asked, a => a.EndsWith(request, StringComparison.Ordinal) && !a.StartsWith("GET", StringComparison.Ordinal));
        Press(confirms);
        section.WaitForAssertion(() => Assert.Contains(Core.Asked, a => a.EndsWith(request, StringComparison.Ordinal) && !a.StartsWith("GET", StringComparison.Ordinal)));
    }

    private void Press(string button) => _dialogs.FindAll("button").Single(b => b.TextContent.Trim() == button).Click();
}

using Bunit;
using MudBlazor;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Administration;

namespace SmartCity.Web.Tests;

/// <summary>Keys and secrets, told once.</summary>
public sealed class SecretTests : ConsoleContext
{
    [Fact]
    public async Task An_edge_s_key_is_made_for_the_stations_that_were_chosen()
    {
        var made = new ApiKeyView(Guid.NewGuid(), "edge a1", "sck_abcd", [Scope.EdgeConfig], "you", At, null, null, null, ["london-a1"]);
        Core.Answers("GET /api/access/keys", () => new[] { made });
        Core.Answers("GET /api/stations", () => new[] { Station("london-a1"), Station("london-a3") });
        Core.Answers("GET /api/access/groups", () => Array.Empty<StationGroupView>());
        Core.Answers("POST /api/access/keys", () => new ApiKeyCreated(made, "sck_told-once"));
        var tab = Render<ApiKeysTab>();
        tab.WaitForAssertion(() => Assert.Contains("edge:config of london-a1", tab.Find("td.long").TextContent, StringComparison.Ordinal));
        Assert.DoesNotContain(tab.FindComponents<MudSelect<string>>(), s => s.Instance.Label == "Stations");

        await ChooseAsync(tab, "Rights", Scope.EdgeConfig);
        await ChooseAsync(tab, "Stations", "london-a1");
        tab.Find("input[type=text]").Input("edge a1");
        await tab.Find("form").SubmitAsync();

        tab.WaitForAssertion(() => Assert.Equal("sck_told-once", tab.Find("code.secret").TextContent));
        Assert.Equal("london-a1", Core.Posted.Single(p => p.Path == "/api/access/keys").Body.GetProperty("stations")[0].GetString());
    }

    [Fact]
    public void A_webhook_s_secret_is_renewed_while_it_is_changed()
    {
        var webhook = new WebhookView(Guid.NewGuid(), "police", new Uri("https://police.example/"), true, At);
        Core.Answers("GET /api/webhooks", () => new[] { webhook });
        Core.Answers($"POST /api/webhooks/{webhook.Id}/secret", () => webhook with { Secret = "another" });
        var dialogs = Render<MudDialogProvider>();
        var section = Render<WebhooksSection>();
        section.WaitForAssertion(() => Assert.NotEmpty(section.FindAll("[aria-label='Change police']")));
        Assert.Empty(section.FindAll("[aria-label='New secret for police']"));

        section.Find("[aria-label='Change police']").Click();
        section.Find("[aria-label='New secret for police']").Click();
        dialogs.WaitForAssertion(() => Assert.Contains("stops signing deliveries at once", dialogs.Markup, StringComparison.Ordinal));
        Assert.DoesNotContain(Core.Asked, a => a.EndsWith("/secret", StringComparison.Ordinal));
        dialogs.FindAll("button").Single(b => b.TextContent.Trim() == "Make a new secret").Click();

        section.WaitForAssertion(() => Assert.Equal("another", section.Find("code.secret").TextContent));
    }

    private static Task ChooseAsync(IRenderedComponent<ApiKeysTab> tab, string label, string value)
    {
        var select = tab.FindComponents<MudSelect<string>>().Single(s => s.Instance.Label == label);
        return tab.InvokeAsync(() => select.Instance.SelectedValuesChanged.InvokeAsync([value]));
    }

    private static StationView Station(string id) => new() { Id = id, Name = id, Latitude = 51.5, Longitude = -0.1 };
}

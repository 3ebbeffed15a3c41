using Bunit;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Web.Components.Faces;
using SmartCity.Web.Components.Pages;
using SmartCity.Web.Components.Parts;

namespace SmartCity.Web.Tests;

public sealed class FacesPageTests : ConsoleContext
{
    [Fact]
    public void Where_the_core_has_no_faces_there_is_no_page_of_them()
    {
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.FacesRead);

        var page = Render<FacesPage>();

        Assert.Contains("There is no page at this address", page.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_are_those_of_the_role()
    {
        var days = new CityDays();
        days.Learn(new CityView("city", "City", null, "Europe/London", Faces: true));
        Services.AddSingleton(days);
        this.AddAuthorization().SetAuthorized("you").SetPolicies(Scope.FacesRead, Scope.FacesReview);
        Core.Answers("GET /api/faces/matches", () => Array.Empty<FaceMatchView>());

        var page = Render<FacesPage>(p => p.Add(f => f.Part, "review"));

        page.WaitForAssertion(() => Assert.Contains("No matches are waiting.", page.Markup, StringComparison.Ordinal));
        Assert.Equal(["Deployments", "Review of matches", "Report"], page.FindAll("nav a").Select(a => a.TextContent));
    }

    [Fact]
    public void A_reviewer_sees_a_band_and_both_pictures_and_says_what_they_show()
    {
        var id = Guid.CreateVersion7();
        List<FaceMatchView> waiting = [new(id, Guid.Empty, "a1", "a1-n1", At, "Walter Beispiel", FaceCategory.Warrant, "Warrant 7", FaceNearness.VeryNear, 4, [1, 2], true, false, At.AddHours(24))];
        Core.Answers("GET /api/faces/matches", () => waiting);
        Core.Answers($"POST /api/faces/matches/{id}/answer", () =>
        {
            waiting.Clear();
            return new FaceMatchOutcome(id, "false");
        });
        var dialogs = Render<MudBlazor.MudDialogProvider>();
        var section = Render<FaceReviewSection>();
        section.WaitForAssertion(() => Assert.Contains("very near", section.Markup, StringComparison.Ordinal));
        Assert.Equal([$"/face-pictures/matches/{id}/enrolled/1", $"/face-pictures/matches/{id}/enrolled/2", $"/face-pictures/matches/{id}"], section.FindAll("img").Select(i => i.GetAttribute("src")));

        section.FindAll("button").Single(b => b.TextContent == "Not the same person").Click();
        dialogs.WaitForAssertion(() => Assert.Contains("destroyed at once", dialogs.Markup, StringComparison.Ordinal));
        dialogs.FindAll("button").Single(b => b.TextContent.Trim() == "Not the same person").Click();

        section.WaitForAssertion(() => Assert.Contains("Dismissed. The picture is destroyed.", section.Markup, StringComparison.Ordinal));
        Assert.Equal("different", Assert.Single(Core.Posted).Body.GetProperty("says").GetString());
        Assert.Empty(section.FindAll("img"));
    }
}

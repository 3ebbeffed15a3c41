using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Contracts.Api;
using SmartCity.Core.Tests.Hosting;
using SmartCity.System.Tests.Hosting;

namespace SmartCity.System.Tests;

/// <summary>People who pass a camera, from the record to the confirmed match, over a whole system: nothing is computed unless two people have signed for now.</summary>
public sealed class FaceStoryTests : IAsyncLifetime
{
    private const string Station = "market-1";
    private const string Camera = "gate";

    private readonly TestData _data = new();
    private readonly List<HttpClient> _people = [];
    private RunningSystem _system = null!;
    private int _passes;
    private int _frames;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private static string Models => Path.Combine(Repository.Root, "models", "faces");

    public async ValueTask InitializeAsync()
    {
        if (!File.Exists(Portrait("p01-1.jpg")))
        {
            return;
        }

        var city = new { id = "market", name = "Market", country = "GB", stations = new[] { new { id = Station, name = "Market Square", latitude = 51.5, longitude = -0.1, cameras = new[] { new { id = Camera, source = Pass("p01-2.jpg", 3) } } } } };
        await File.WriteAllTextAsync(_data.Below("city.json"), JsonSerializer.Serialize(city), Token);
        _system = await RunningSystem.StartAsync(_data.Below("run"), ["--city", _data.Below("city.json")], new Dictionary<string, string>
        {
            ["Core__Faces__Enabled"] = "true",
            ["Core__Faces__ModelsPath"] = Models,
            ["Core__Faces__Interval"] = "00:00:00.5",
            ["Core__Faces__MostEntries"] = "1",
            ["Edge__Faces__Enabled"] = "true",
            ["Edge__Faces__ModelsPath"] = Models,
            ["Edge__Faces__Interval"] = "00:00:00.5",
            ["Edge__Configuration__Interval"] = "00:00:01",
            ["Edge__HeartbeatInterval"] = "00:00:01",
        });
    }

    public async ValueTask DisposeAsync()
    {
        _people.ForEach(p => p.Dispose());
        if (_system is not null)
        {
            await _system.DisposeAsync();
        }

        await _data.DisposeAsync();
    }

    [Fact]
    public async Task Somebody_sought_who_passes_while_two_have_signed_is_confirmed_by_two_and_at_any_other_time_nobody_is_looked_at()
    {
        Assert.SkipUnless(File.Exists(Portrait("p01-1.jpg")), $"There are no portraits in {Portrait("")}.");
        var (officer, second) = (await PersonAsync(Role.FacesOfficer), await PersonAsync(Role.FacesOfficer));
        var (reviewer, other) = (await PersonAsync(Role.FacesReviewer), await PersonAsync(Role.FacesReviewer));
        await PassedAsync(3);
        Assert.Empty(await WaitingAsync(reviewer));

        var list = await ReadAsync<FaceListView>(await officer.PostAsJsonAsync("/api/faces/lists", new NewFaceList("Warrants", "Arrest people whom a court has ordered to be arrested"), Token));
        var entry = (await ReadAsync<FaceEnrolment>(await officer.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", Entry("Walter Beispiel", "p01-1.jpg"), Token))).Entry;
        using (var confirmed = await second.PostAsync($"/api/faces/entries/{entry}/confirm", null, Token))
        {
            Assert.Equal(HttpStatusCode.NoContent, confirmed.StatusCode);
        }

        using (var tooMany = await officer.PostAsJsonAsync($"/api/faces/lists/{list.Id}/entries", Entry("Erika Muster", "p03-1.jpg"), Token))
        {
            Assert.Equal(HttpStatusCode.Conflict, tooMany.StatusCode);
        }

        // One signature is none.
        var record = await WriteAsync(officer, list.Id, TimeSpan.FromHours(6));
        await SignAsync(officer, record);
        await PassAsync("p01-2.jpg", 4);
        await NothingAsync(officer, record, new Counts(0, 0, 0));
        Assert.DoesNotContain(await WorkersAsync(), w => w.Name == $"faces {Camera}");

        await SignAsync(second, record);
        await HeldAsync(officer, record);
        await PassAsync("p03-2.jpg", 5);
        await CountedAsync(officer, record, new Counts(5, 1, 0));
        Assert.Empty(await WaitingAsync(reviewer));
        await PassAsync("p01-2.jpg", 6);
        await CountedAsync(officer, record, new Counts(11, 2, 1));

        await _system.UntilAsync(async () => (await WaitingAsync(reviewer)).Count > 0, "the match waits for a reviewer");
        var match = Assert.Single(await WaitingAsync(reviewer));
        Assert.Equal(("Walter Beispiel", Station, Camera, 3), (match.Label, match.StationId, match.CameraId, match.Looks));
        Assert.Equal([0xFF, 0xD8], (await reviewer.GetByteArrayAsync($"/api/faces/matches/{match.Id}/picture", Token))[..2]);
        Assert.Equal("second-needed", await AnswerAsync(reviewer, match.Id));
        Assert.Equal("true", await AnswerAsync(other, match.Id));
        Assert.Equal((1L, 1L, 0L), await OutcomesAsync(officer, record));

        // Revoked, its edge destroys the list, and says so.
        using (var revoke = new HttpRequestMessage(HttpMethod.Post, $"/api/faces/deployments/{record}/revoke"))
        {
            revoke.Headers.Add("Audit-Reason", "the market is over");
            await ReadAsync<FaceDeploymentView>(await second.SendAsync(revoke, Token));
        }

        await _system.UntilAsync(async () => (await FindAsync(officer, record)).Stations.All(s => s.DestroyedAt is not null), "the list is destroyed at the edge");
        await PassAsync("p01-2.jpg", 7);
        await NothingAsync(officer, record, new Counts(11, 2, 1));

        // So short a record is over before anybody passes.
        var brief = await WriteAsync(officer, list.Id, TimeSpan.FromSeconds(30));
        await SignAsync(officer, brief);
        await SignAsync(second, brief);
        await HeldAsync(officer, brief);
        await _system.UntilAsync(async () => await FindAsync(officer, brief) is { State: FaceDeploymentState.Over } over && over.Stations.All(s => s.DestroyedAt is not null), "the record is over");
        await PassAsync("p01-2.jpg", 8);
        await NothingAsync(officer, brief, new Counts(0, 0, 0));
        Assert.Empty(await WaitingAsync(reviewer));
    }

    private static string Portrait(string file) => Repository.Shared("data", "faces", file);

    private static NewFaceEntry Entry(string label, string portrait) =>
        new(label, FaceCategory.Warrant, "Warrant 2026/118 of the Crown Court", false, null, TimeProvider.System.GetUtcNow().AddDays(30), [new FacePictureFile(portrait, File.ReadAllBytes(Portrait(portrait)))]);

    // The address of a camera before which one portrait is seen so many times, beginning now.
    private string Pass(string portrait, int frames)
    {
        var folder = Directory.CreateDirectory(_data.Below($"pass-{_passes++}")).FullName;
        for (var i = 0; i < frames; i++)
        {
            File.Copy(Portrait(portrait), Path.Combine(folder, $"{i}.jpg"));
        }

        return string.Create(CultureInfo.InvariantCulture, $"folder:{folder}#start={TimeProvider.System.GetUtcNow():yyyy-MM-ddTHH:mm:ss.fffZ}&every=00:00:00.1");
    }

    private async Task PassAsync(string portrait, int frames)
    {
        using var changed = await _system.Http.PutAsJsonAsync($"/api/setup/cameras/{Camera}", new CameraChange(Pass(portrait, frames)), Token);
        Assert.True(changed.IsSuccessStatusCode, await changed.Content.ReadAsStringAsync(Token));
        await PassedAsync(frames);
    }

    private async Task PassedAsync(int frames)
    {
        _frames += frames;
        await _system.UntilAsync(async () => (await _system.GetAsync<CameraSetup>($"/api/setup/cameras/{Camera}")).Now is { State: "ended" } now && now.FramesRead == _frames, $"a pass of {frames} frames is over");
    }

    private async Task<HttpClient> PersonAsync(string role)
    {
        var (name, password) = await _system.PersonAsync(role);
        var person = await _system.SignInAsync(name, password);
        _people.Add(person);
        return person;
    }

    private static async Task<Guid> WriteAsync(HttpClient officer, Guid list, TimeSpan lasts)
    {
        var now = TimeProvider.System.GetUtcNow();
        var draft = await ReadAsync<FaceDeploymentView>(await officer.PostAsJsonAsync(
            "/api/faces/deployments",
            new NewFaceDeployment("Find people with an open warrant", "Section 30 of the Act", "Superintendent A. Example", "DPIA 2026-17", "dpo@police.example", "Market Square", [new FacePlace(Station, Camera)], list, now.AddMinutes(-1), now + lasts, 0.6, 60),
            Token));
        Assert.Null(draft.CannotSign);
        return draft.Id;
    }

    private static async Task SignAsync(HttpClient officer, Guid record) => await ReadAsync<FaceDeploymentView>(await officer.PostAsync($"/api/faces/deployments/{record}/sign", null, Token));

    private static Task<FaceDeploymentView> FindAsync(HttpClient officer, Guid record) => officer.GetFromJsonAsync<FaceDeploymentView>($"/api/faces/deployments/{record}", Token)!;

    private Task HeldAsync(HttpClient officer, Guid record) =>
        _system.UntilAsync(async () => (await FindAsync(officer, record)).Stations is [{ OrderedAt: { } given }] && (await WorkersAsync()).Single(w => w.Name == $"faces {Station}").LastSuccess > given, "the edge has the list");

    private Task CountedAsync(HttpClient officer, Guid record, Counts counts) =>
        _system.UntilAsync(async () => Counts.Of((await FindAsync(officer, record)).Counts) == counts, $"the edge has told of {counts}");

    // What an edge did it tells with its next question: once it has asked twice, the counts would have risen.
    private async Task NothingAsync(HttpClient officer, Guid record, Counts counts)
    {
        for (var asked = 0; asked < 2; asked++)
        {
            var since = TimeProvider.System.GetUtcNow();
            await _system.UntilAsync(async () => (await WorkersAsync()).Single(w => w.Name == $"faces {Station}").LastSuccess > since, "the edge has asked the core again");
        }

        Assert.Equal(counts, Counts.Of((await FindAsync(officer, record)).Counts));
    }

    private async Task<IReadOnlyList<WorkerStatus>> WorkersAsync() => (await _system.GetAsync<OpsView>("/api/ops")).Workers;

    private static async Task<List<FaceMatchView>> WaitingAsync(HttpClient reviewer) => (await reviewer.GetFromJsonAsync<List<FaceMatchView>>("/api/faces/matches", Token))!;

    private static async Task<string> AnswerAsync(HttpClient reviewer, Guid match) =>
        (await ReadAsync<FaceMatchOutcome>(await reviewer.PostAsJsonAsync($"/api/faces/matches/{match}/answer", new FaceMatchAnswer(FaceAnswer.Same), Token))).Outcome;

    private static async Task<(long Received, long True, long False)> OutcomesAsync(HttpClient officer, Guid record)
    {
        var counts = (await FindAsync(officer, record)).Counts;
        return (counts.Received, counts.True, counts.False);
    }

    private static async Task<T> ReadAsync<T>(HttpResponseMessage answer)
    {
        using (answer)
        {
            Assert.True(answer.IsSuccessStatusCode, $"{answer.StatusCode}: {await answer.Content.ReadAsStringAsync(Token)}");
            return (await answer.Content.ReadFromJsonAsync<T>(Token))!;
        }
    }

    private sealed record Counts(long Faces, long Comparisons, long Matches)
    {
        public static Counts Of(FaceCounts counts) => new(counts.Faces, counts.Comparisons, counts.Matches);
    }
}

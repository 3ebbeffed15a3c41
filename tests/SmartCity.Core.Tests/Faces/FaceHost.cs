using System.Net;
using System.Net.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Faces;
using SmartCity.Core.Faces;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Faces;

/// <summary>A core with faces switched on, two officers, two trained reviewers, and an edge whose key is bound to its station.</summary>
public sealed class FaceHost(PostgresServer server) : IAsyncLifetime
{
    public const string Station = "london-a1";
    public const int MostEntries = 4;

    public CoreHost Core { get; } = new(server);

    internal Caller First { get; private set; } = null!;

    internal Caller Second { get; private set; } = null!;

    internal Caller FirstReviewer { get; private set; } = null!;

    internal Caller SecondReviewer { get; private set; } = null!;

    internal Caller Edge { get; private set; } = null!;

    /// <summary>A camera of <see cref="Station"/>.</summary>
    public string Camera { get; private set; } = "";

    internal FaceWorker Worker => Core.Services.GetRequiredService<FaceWorker>();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        Core.Settings = new Dictionary<string, string?>
        {
            ["Core:Faces:ModelsPath"] = Path.Combine(Repository.Root, "models", "faces"),
            ["Core:Faces:MostEntries"] = $"{MostEntries}",
            ["Core:Faces:Interval"] = "00:01:00",
        };
        await Core.InitializeAsync();
        (First, Second) = (await Caller.OfRoleAsync(Core, Role.FacesOfficer), await Caller.OfRoleAsync(Core, Role.FacesOfficer));
        (FirstReviewer, SecondReviewer) = (await Caller.OfRoleAsync(Core, Role.FacesReviewer), await Caller.OfRoleAsync(Core, Role.FacesReviewer));
        Edge = Caller.With(Core, await KeyAsync(Station));
        Camera = await Core.Postgres.ScalarAsync<string>("select min(id) from cameras where station_id = $1 and state = 'active'", Station);
    }

    public async Task<string> KeyAsync(string station) =>
        (await Caller.ReadAsync<ApiKeyCreated>(await Core.Http.PostAsJsonAsync("/api/access/keys", new NewApiKey($"edge {Guid.NewGuid():N}", [Scope.EdgeConfig], null, [station]), Token))).Token;

    /// <summary>A portrait of the test data; the test is skipped where that is not there.</summary>
    public static byte[] Portrait(string name)
    {
        var file = Repository.Shared("data", "faces", name);
        Assert.SkipUnless(File.Exists(file), $"{file} is not there: there is no portrait to enrol.");
        return File.ReadAllBytes(file);
    }

    /// <summary>A new watch-list.</summary>
    internal async Task<FaceListView> ListAsync() =>
        await Caller.ReadAsync<FaceListView>(await First.Http.PostAsJsonAsync("/api/faces/lists", new NewFaceList($"Warrants {Guid.NewGuid():N}", "Arrest people whom a court has ordered to be arrested"), Token));

    internal static NewFaceEntry Entry(string label, params string[] portraits) =>
        new(label, FaceCategory.Warrant, "Warrant 2026/118 of the Crown Court", false, null, TimeProvider.System.GetUtcNow().AddDays(30), [.. portraits.Select(p => new FacePictureFile(p, Portrait(p)))]);

    /// <summary>Proposed by the first officer and confirmed by the second.</summary>
    internal async Task<Guid> EnrolAsync(Guid list, string label, params string[] portraits)
    {
        var enrolment = await Caller.ReadAsync<FaceEnrolment>(await First.Http.PostAsJsonAsync($"/api/faces/lists/{list}/entries", Entry(label, portraits), Token));
        Assert.Empty(enrolment.Refused);
        using var confirmed = await Second.Http.PostAsync($"/api/faces/entries/{enrolment.Entry}/confirm", null, Token);
        Assert.Equal(HttpStatusCode.NoContent, confirmed.StatusCode);
        return enrolment.Entry!.Value;
    }

    internal NewFaceDeployment Record(Guid list, double facesAnHour = 60)
    {
        var now = TimeProvider.System.GetUtcNow();
        return new(
            "Find people with an open warrant at the market", "Common law powers; section 30 of the Act", "Superintendent A. Example", "DPIA 2026-17", "dpo@police.example, 020 7946 0000", "Market Square, north entrance",
            [new FacePlace(Station, Camera)], list, now.AddMinutes(-1), now.AddHours(6), 0.6, facesAnHour);
    }

    internal async Task<FaceDeploymentView> WriteAsync(NewFaceDeployment record) => await Caller.ReadAsync<FaceDeploymentView>(await First.Http.PostAsJsonAsync("/api/faces/deployments", record, Token));

    internal static Task<HttpResponseMessage> SignAsync(Caller by, Guid deployment) => by.Http.PostAsync($"/api/faces/deployments/{deployment}/sign", null, Token);

    internal async Task<FaceDeploymentView> FindAsync(Guid deployment) => (await First.Http.GetFromJsonAsync<FaceDeploymentView>($"/api/faces/deployments/{deployment}", Token))!;

    /// <summary>Written and signed by both officers.</summary>
    internal async Task<FaceDeploymentView> DeployAsync(Guid list)
    {
        var draft = await WriteAsync(Record(list));
        await Caller.ReadAsync<FaceDeploymentView>(await SignAsync(First, draft.Id));
        return await Caller.ReadAsync<FaceDeploymentView>(await SignAsync(Second, draft.Id));
    }

    internal async Task<FaceDeploymentView> RevokeAsync(Guid deployment) => await Caller.ReadAsync<FaceDeploymentView>(await SendAsync(Second, HttpMethod.Post, $"/api/faces/deployments/{deployment}/revoke", "the event was called off"));

    /// <summary>As the edge asks every few seconds.</summary>
    internal async Task<IReadOnlyList<FaceOrder>> ExchangeAsync(params FaceReport[] reports)
    {
        using var pair = new FaceKeyPair();
        var answer = await Caller.ReadAsync<FaceOrders>(await Edge.Http.PostAsJsonAsync($"/api/edge/faces?station={Station}", new FaceExchange(reports, pair.PublicKey), Token));
        using var seal = pair.With(answer.Key);
        return [.. answer.Orders.Select(o => o with { Templates = [.. o.Templates.Select(t => t with { Sealed = Opened(o.Deployment, t) })] })];

        byte[] Opened(Guid deployment, FaceTemplate template)
        {
            var open = new byte[template.Sealed.Length - FaceSeal.Overhead];
            seal.Open(deployment, template.Entry, template.Sealed, open);
            return open;
        }
    }

    internal async Task<IReadOnlyList<FaceOrder>> OrdersAsync(Guid deployment) => [.. (await ExchangeAsync()).Where(o => o.Deployment == deployment)];

    internal FaceMatch Match(Guid deployment, Guid entry, string portrait = "p01-2.jpg") =>
        new(Guid.CreateVersion7(), deployment, Camera, TimeProvider.System.GetUtcNow(), entry, 0.41, 4, Portrait(portrait));

    internal Task<HttpResponseMessage> BringAsync(FaceMatch match, Caller? edge = null) => (edge ?? Edge).Http.PostAsJsonAsync($"/api/edge/faces/matches?station={Station}", match, Token);

    /// <summary>A list with one entry, a deployment in force, and a match.</summary>
    internal async Task<(FaceListView List, Guid Entry, FaceDeploymentView Deployment, FaceMatch Match)> MatchedAsync()
    {
        var list = await ListAsync();
        var entry = await EnrolAsync(list.Id, "Walter Beispiel", "p01-1.jpg");
        var deployment = await DeployAsync(list.Id);
        var match = Match(deployment.Id, entry);
        using var taken = await BringAsync(match);
        Assert.Equal(HttpStatusCode.NoContent, taken.StatusCode);
        return (list, entry, deployment, match);
    }

    internal static Task<HttpResponseMessage> AnswerAsync(Caller by, Guid match, string says) => by.Http.PostAsJsonAsync($"/api/faces/matches/{match}/answer", new FaceMatchAnswer(says), Token);

    internal static async Task<FaceMatchView?> WaitingAsync(Caller by, Guid match) => (await by.Http.GetFromJsonAsync<List<FaceMatchView>>("/api/faces/matches", Token))!.FirstOrDefault(m => m.Id == match);

    internal static async Task<HttpResponseMessage> SendAsync(Caller by, HttpMethod method, string path, string reason)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("Audit-Reason", Uri.EscapeDataString(reason));
        return await by.Http.SendAsync(request, Token);
    }

    /// <summary>Every row of every table, as text.</summary>
    internal async Task<string> DumpAsync()
    {
        var tables = await Core.Postgres.ColumnAsync<string>("select quote_ident(relname) from pg_class where relnamespace = 'public'::regnamespace and relkind = 'r'");
        var rows = new List<string>();
        foreach (var table in tables)
        {
            rows.AddRange(await Core.Postgres.ColumnAsync<string>($"select t::text from {table} t"));
        }

        return string.Join('\n', rows);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var caller in (Caller?[])[First, Second, FirstReviewer, SecondReviewer, Edge])
        {
            caller?.Dispose();
        }

        await Core.DisposeAsync();
    }
}

using System.Net;
using SmartCity.Contracts.Api;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class PatchCacheTests
{
    private const string Key = "evidence/london-a1/2026/11/23/08/x.plate.jpg";

    [Fact]
    public async Task However_many_look_at_a_plate_at_once_the_core_is_asked_for_it_once()
    {
        using var store = new Store(HttpStatusCode.OK);
        using var patches = new PatchCache();
        var asked = Enumerable.Range(0, 50).Select(_ => patches.GetAsync(Key, store.Client())).ToList();
        store.Answer.SetResult();

        Assert.All(await Task.WhenAll(asked), picture => Assert.Equal(Store.Picture, picture));
        Assert.Equal(Store.Picture, await patches.GetAsync(Key, store.Client()));
        Assert.Equal(1, store.Asked);
    }

    [Theory]
    [InlineData(HttpStatusCode.NotFound)]
    [InlineData(HttpStatusCode.Forbidden)]
    public async Task What_the_core_refuses_one_is_not_kept_for_the_next(HttpStatusCode refusal)
    {
        using var store = new Store(refusal);
        using var patches = new PatchCache();
        store.Answer.SetResult();
        Assert.Null(await patches.GetAsync(Key, store.Client()));

        store.Status = HttpStatusCode.OK;
        Assert.Equal(Store.Picture, await patches.GetAsync(Key, store.Client()));
    }

    [Fact]
    public async Task What_is_held_is_for_those_alone_whose_session_the_core_confirms()
    {
        var account = new AccountView("viewer", [Role.Viewer], [Scope.LiveRead], false);
        using var store = new FakeCore().Answers("GET /api/access/me", () => account);
        using var ended = new Store(HttpStatusCode.Unauthorized);
        ended.Answer.SetResult();
        using var patches = new PatchCache();
        var core = new CoreClient(new HttpClient(store) { BaseAddress = new Uri("http://core") });

        Assert.True(await patches.MayAsync("one", core));
        Assert.False(await patches.MayAsync("two", ended.Client()));
        Assert.True(await patches.MayAsync("one", ended.Client()));

        account = account with { Scopes = [] };
        Assert.False(await patches.MayAsync("three", core));

        account = account with { Scopes = [Scope.LiveRead], Stations = ["london-a1"] };
        Assert.False(await patches.MayAsync("limited", core));
    }

    private sealed class Store(HttpStatusCode status) : HttpMessageHandler
    {
        public static readonly byte[] Picture = [0xFF, 0xD8, 1, 2];

        private int _asked;

        public HttpStatusCode Status { get; set; } = status;

        public TaskCompletionSource Answer { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Asked => _asked;

        public CoreClient Client() => new(new HttpClient(this, disposeHandler: false) { BaseAddress = new Uri("http://core") });

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Interlocked.Increment(ref _asked);
            await Answer.Task.WaitAsync(cancellationToken);
            return new HttpResponseMessage(Status) { Content = new ByteArrayContent(Picture) };
        }
    }
}

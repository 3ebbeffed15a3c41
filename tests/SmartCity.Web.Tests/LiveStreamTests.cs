using System.IO.Pipelines;
using System.Net;
using System.Text;
using SmartCity.Contracts.Api;
using SmartCity.Web.Core;

namespace SmartCity.Web.Tests;

public sealed class LiveStreamTests
{
    [Fact]
    public async Task A_core_that_falls_silent_is_told_from_a_street_that_is_quiet()
    {
        var token = TestContext.Current.CancellationToken;
        using var core = new Stream();
        var client = new CoreClient(new HttpClient(core) { BaseAddress = new Uri("http://core") });
        await core.SayAsync("event: open\ndata: {}\n\nevent: alive\ndata: {}\n\nevent: alert\ndata: {}\n\n", token);
        var (connected, events) = (0, new List<LiveEvent>());

        var silent = await Assert.ThrowsAsync<IOException>(async () =>
        {
            await foreach (var live in client.LiveAsync(() => connected++, TimeSpan.FromSeconds(5), token))
            {
                events.Add(live);
            }
        });

        Assert.Contains("said nothing for 5 s", silent.Message, StringComparison.Ordinal);
        Assert.Equal(1, connected);
        Assert.Single(events);
    }

    private sealed class Stream : HttpMessageHandler
    {
        private readonly Pipe _pipe = new();

        public async Task SayAsync(string text, CancellationToken cancellationToken) => await _pipe.Writer.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
            Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK) { Content = new StreamContent(_pipe.Reader.AsStream()) });
    }
}

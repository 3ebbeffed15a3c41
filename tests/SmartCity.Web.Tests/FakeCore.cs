using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;

namespace SmartCity.Web.Tests;

/// <summary>A core that answers with what a test says, and remembers what was posted.</summary>
internal sealed class FakeCore : HttpMessageHandler
{
    private readonly Dictionary<string, Func<CancellationToken, Task<object>>> _answers = new(StringComparer.Ordinal);

    public List<(string Path, JsonElement Body)> Posted { get; } = [];

    /// <summary>Method and path of all that was asked.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <param name="request">Method and path without the query, such as <c>GET /api/review</c>.</param>
    public FakeCore Answers(string request, Func<object> answer) => Waits(request, _ => Task.FromResult(answer()));

    /// <summary>Answers when the test lets it.</summary>
    public FakeCore Waits(string request, Func<CancellationToken, Task<object>> answer)
    {
        _answers[request] = answer;
        return this;
    }

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri!.AbsolutePath;
        Asked.Enqueue($"{request.Method} {path}");
        if (request.Content is not null)
        {
            Posted.Add((path, await request.Content.ReadFromJsonAsync<JsonElement>(cancellationToken)));
        }

        return _answers.TryGetValue($"{request.Method} {path}", out var answer)
            ? new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(await answer(cancellationToken), options: JsonSerializerOptions.Web) }
            : new HttpResponseMessage(HttpStatusCode.NotFound);
    }
}

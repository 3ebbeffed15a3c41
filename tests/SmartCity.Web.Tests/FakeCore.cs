using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using SmartCity.Contracts.Api;

namespace SmartCity.Web.Tests;

/// <summary>A core that answers with what a test says, and remembers what was posted.</summary>
internal sealed class FakeCore : HttpMessageHandler
{
    private readonly Dictionary<string, Func<CancellationToken, Task<object>>> _answers = new(StringComparer.Ordinal);

    public List<(string Path, JsonElement Body)> Posted { get; } = [];

    /// <summary>Method and path of all that was asked.</summary>
    public ConcurrentQueue<string> Asked { get; } = [];

    /// <summary>Path and query of all that was asked, as a server's log has them.</summary>
    public ConcurrentQueue<string> Addresses { get; } = [];

    /// <summary>Whether it reads query parameters that are sent as headers, as every core since they are there.</summary>
    public bool KnowsHeaders { get; init; } = true;

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
        Addresses.Enqueue(request.RequestUri.PathAndQuery);
        if (request.Content is not null)
        {
            Posted.Add((path, request.Content.Headers.ContentType?.MediaType == "application/json" ? await request.Content.ReadFromJsonAsync<JsonElement>(cancellationToken) : default));
        }

        if (!_answers.TryGetValue($"{request.Method} {path}", out var answer))
        {
            return new HttpResponseMessage(HttpStatusCode.NotFound);
        }

        var response = new HttpResponseMessage(HttpStatusCode.OK) { Content = JsonContent.Create(await answer(cancellationToken), options: JsonSerializerOptions.Web), RequestMessage = request };
        foreach (var (header, _) in request.Headers.Where(h => KnowsHeaders && h.Key.StartsWith(QueryHeader.Prefix, StringComparison.Ordinal)))
        {
            response.Headers.Vary.Add(header);
        }

        return response;
    }
}

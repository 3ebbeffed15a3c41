using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace SmartCity.Core.Tests.Alerts;

/// <summary>A police computer: keeps what it is sent and answers as it is told.</summary>
internal sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly WebApplication _app;

    private WebhookReceiver(WebApplication app) => _app = app;

    public ConcurrentQueue<(IHeaderDictionary Headers, byte[] Body)> Received { get; } = new();

    /// <summary>The answer to the n-th delivery, counted from 1.</summary>
    public Func<int, Task<int>> Answer { get; set; } = _ => Task.FromResult(200);

    /// <summary>The answer to a delivery by what it says; null where only its number counts.</summary>
    public Func<IHeaderDictionary, byte[], Task<int>>? AnswerTo { get; set; }

    /// <summary>What a delivery waits for before it is answered; the token says that its caller has gone.</summary>
    public Func<CancellationToken, Task>? Aborting { get; set; }

    public Uri Url { get; private set; } = null!;

    public static async Task<WebhookReceiver> StartAsync()
    {
        var builder = WebApplication.CreateBuilder();
        builder.Logging.ClearProviders();
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["urls"] = "http://127.0.0.1:0" });
        var receiver = new WebhookReceiver(builder.Build());
        receiver._app.MapPost("/", async context =>
        {
            using var body = new MemoryStream();
            await context.Request.Body.CopyToAsync(body);
            var headers = new HeaderDictionary(context.Request.Headers.ToDictionary());
            receiver.Received.Enqueue((headers, body.ToArray()));
            if (receiver.Aborting is { } wait)
            {
                await wait(context.RequestAborted);
            }

            context.Response.StatusCode = receiver.AnswerTo is { } answer ? await answer(headers, body.ToArray()) : await receiver.Answer(receiver.Received.Count);
        });
        await receiver._app.StartAsync();
        receiver.Url = new Uri(receiver._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
        return receiver;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}

using System.Text.Json;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults.Health;
using SmartCity.Web.Access;

namespace SmartCity.Web.Core;

/// <summary>The one live stream of this process, handed to every page that is open. Connects again when it breaks.</summary>
public sealed class LiveConnection(IServiceProvider services, IOptions<ConsoleOptions> options, WorkerHealth health, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<LiveConnection> logger) : BackgroundService
{
    private const string Worker = "console live stream";

    private static readonly TimeSpan QuietAtMost = TimeSpan.FromSeconds(45);

    private bool _was;

    /// <summary>Raised for each event, on a thread of the stream.</summary>
    public event Action<LiveEvent>? Received;

    /// <summary>Raised when the stream is there, again after each break: what happened in between was not handed out.</summary>
    public event Action? Connected;

    /// <summary>Null while connected; else what is wrong, for people.</summary>
    public string? Problem { get; private set; } = "Connecting to the core …";

    /// <summary>Hands an event to every page that is open.</summary>
    public void Hand(LiveEvent live) => Received?.Invoke(live);

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var retry = new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            ShouldHandle = new PredicateBuilder().Handle<Exception>(e => e is HttpRequestException or IOException or JsonException or OperationCanceledException && !stoppingToken.IsCancellationRequested),
            MaxRetryAttempts = int.MaxValue,
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromMilliseconds(500),
            MaxDelay = TimeSpan.FromSeconds(10),
            OnRetry = attempt =>
            {
                Problem = "The core does not answer; trying again.";
                health.Degraded(Worker, attempt.Outcome.Exception?.Message ?? Problem);

                // A core that is still starting, or that stops with this process, is no event.
                var level = _was && !lifetime.ApplicationStopping.IsCancellationRequested ? LogLevel.Warning : LogLevel.Debug;
                logger.Log(level, "The live stream broke: {Error}", attempt.Outcome.Exception?.Message);
                return ValueTask.CompletedTask;
            },
        }).Build();
        return retry.ExecuteAsync(async token => await FollowAsync(token), stoppingToken).AsTask();
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var core = CoreClient.For(services, () => ValueTask.FromResult<string?>(options.Value.CoreKey));
        await core.StationsAsync(cancellationToken);
        Problem = null;
        _was = true;
        health.Healthy(Worker);
        await foreach (var live in core.LiveAsync(() => Connected?.Invoke(), QuietAtMost, cancellationToken))
        {
            Hand(live);
        }

        throw new IOException("The core closed the live stream.");
    }
}

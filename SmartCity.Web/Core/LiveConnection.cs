using Microsoft.Extensions.Options;
using SmartCity.Contracts.Api;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;
using SmartCity.Web.Access;
using static SmartCity.Web.Languages.Words;

namespace SmartCity.Web.Core;

/// <summary>The one live stream of this process, handed to every page that is open. Connects again when it breaks.</summary>
public sealed class LiveConnection(IServiceProvider services, IOptions<ConsoleOptions> options, WorkerHealth health, TimeProvider time, IHostApplicationLifetime lifetime, ILogger<LiveConnection> logger) : BackgroundService
{
    private const string Worker = "console live stream";

    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan QuietAtMost = TimeSpan.FromSeconds(45);

    private int _connections;
    private volatile State _state;

    /// <summary>Raised for each event, on a thread of the stream.</summary>
    public event Action<LiveEvent>? Received;

    /// <summary>Raised when the stream is there, again after each break: what happened in between was not handed out.</summary>
    public event Action? Connected;

    private enum State
    {
        Connecting,
        Connected,
        Away,
    }

    /// <summary>Null while connected; else what is wrong, for people, in the language of whoever asks.</summary>
    public string? Problem => _state switch
    {
        State.Connecting => Say("Connecting to the core …"),
        State.Away => Say("The core does not answer; trying again."),
        _ => null,
    };

    /// <summary>Hands an event to every page that is open.</summary>
    public void Hand(LiveEvent live) => Received?.Invoke(live);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        for (var failed = 1; ; failed++)
        {
            var connections = _connections;
            try
            {
                await FollowAsync(stoppingToken);
            }
            catch (Exception e) when (!stoppingToken.IsCancellationRequested)
            {
                _state = State.Away;
                health.Degraded(Worker, e.Message);

                // A core that is still starting, or that stops with this process, is no event.
                var level = _connections > 0 && !lifetime.ApplicationStopping.IsCancellationRequested ? LogLevel.Warning : LogLevel.Debug;
                logger.Log(level, "The live stream broke: {Error}", e.Message);
                failed = _connections > connections ? 1 : failed;
                await Task.Delay(Backoff.After(failed, FirstPause, LongestPause), time, stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                logger.LogDebug(e, "The live stream broke while the console stops.");
                return;
            }
        }
    }

    private async Task FollowAsync(CancellationToken cancellationToken)
    {
        var core = CoreClient.For(services, () => ValueTask.FromResult<string?>(options.Value.CoreKey));
        await core.StationsAsync(cancellationToken);
        _state = State.Connected;
        _connections++;
        health.Healthy(Worker);
        await foreach (var live in core.LiveAsync(() => Connected?.Invoke(), QuietAtMost, cancellationToken))
        {
            Hand(live);
        }

        throw new IOException("The core closed the live stream.");
    }
}

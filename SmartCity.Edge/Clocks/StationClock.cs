using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using SmartCity.Contracts;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Edge.Clocks;

/// <summary>Whether this machine's clock can be trusted, asked now and then of the first source that knows.</summary>
internal sealed class StationClock(IEnumerable<IClockSource> sources, IOptions<EdgeOptions> options, WorkerHealth health, TimeProvider time, ILogger<StationClock> logger) : BackgroundService
{
    private const string Worker = "clock";
    private static readonly TimeSpan Every = TimeSpan.FromSeconds(30);

    private volatile ClockHeartbeat? _state;
    private int _warned;

    /// <summary>Null when nothing on this machine knows, or nobody is to be asked.</summary>
    public ClockHeartbeat? State => _state;

    /// <summary>The same, for a picture whose time is this clock's: only then does it matter, and somebody is warned.</summary>
    public ClockHeartbeat? Timing()
    {
        var now = _state;
        if (now is { Synchronised: false } && Interlocked.Exchange(ref _warned, 1) == 0)
        {
            logger.LogWarning(
                "This machine's clock is not synchronised ({Source}). Sightings say so, and charges that follow from them wait for a person. Set up chrony or another time service, "
                + "or, if something outside this machine keeps its clock, set Edge:ClockChecked to false.", now.Source);
        }

        return now;
    }

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await AskAsync(cancellationToken); // before the first sighting
        await base.StartAsync(cancellationToken);
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => health.KeepAsync(Worker, RunAsync, logger, stoppingToken);

    private async Task RunAsync(CancellationToken stoppingToken)
    {
        health.Healthy(Worker);
        using var timer = new PeriodicTimer(Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await AskAsync(stoppingToken);
            health.Healthy(Worker);
        }
    }

    private async Task AskAsync(CancellationToken cancellationToken)
    {
        ClockHeartbeat? said = null;
        foreach (var source in options.Value.ClockChecked ? sources : [])
        {
            said = await source.ReadAsync(cancellationToken);
            if (said is not null)
            {
                break;
            }
        }

        var now = said is { Synchronised: true, OffsetMilliseconds: { } off } && Math.Abs(off) + (said.UncertaintyMilliseconds ?? 0) > options.Value.ClockTolerance.TotalMilliseconds ? said with { Synchronised = false } : said;
        if (now is { Synchronised: true } && _state is not { Synchronised: true })
        {
            logger.LogInformation("This machine's clock is synchronised ({Source}).", now.Source);
            _warned = 0;
        }

        _state = now;
    }
}

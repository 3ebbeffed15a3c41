using System.Net;
using Npgsql;
using SmartCity.Lake.Relay;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Lake.City;

/// <summary>Makes the schema <c>city</c> once the core has made its tables, and sees to it that it stays and that Postgres reaches the lake.</summary>
internal sealed class CitySchemaWorker(CitySchema schema, RelayServer relay, WorkerHealth health, TimeProvider time, ILogger<CitySchemaWorker> logger) : BackgroundService
{
    private const string Worker = "lake-schema";
    private const string Waits = "It waits for the core, which brings the database up to date.";
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongPause = TimeSpan.FromSeconds(30);

    private bool _isMade;
    private bool _reaches;
    private string? _said;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(Worker, Waits);
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listening = await relay.Listening.WaitAsync(stoppingToken);
        while (!await LookAsync(listening, stoppingToken))
        {
            await Task.Delay(Pause, time, stoppingToken);
        }

        _isMade = true;
        while (true)
        {
            await Task.Delay(LongPause, time, stoppingToken);
            await LookAsync(listening, stoppingToken);
        }
    }

    private async Task<bool> LookAsync(IPEndPoint listening, CancellationToken stoppingToken)
    {
        try
        {
            // What Postgres reaches may be the lake of another process: it is left as it is.
            var (isThere, why) = await schema.EnsureAsync(listening, isStart: !_isMade, leads: !_reaches, stoppingToken);
            if (!isThere)
            {
                return false;
            }

            if (why is null)
            {
                await ReachAsync(stoppingToken);
            }
            else
            {
                const string Without = "Statements that join the lake with live tables do not run: ";
                Say(LogLevel.Information, Without + why);
                health.Healthy(Worker, Without + why);
            }

            return true;
        }
        catch (NpgsqlException e) when (_isMade)
        {
            _reaches = false;
            Say(LogLevel.Warning, $"The schema city cannot be looked after: {e.Message}");
            health.Degraded(Worker, $"The schema city cannot be looked after: {e.Message}");
            return false;
        }
        catch (NpgsqlException e)
        {
            logger.LogDebug(e, "The schema city cannot be made yet.");
            health.Starting(Worker, $"The schema city cannot be made yet: {e.Message}");
            return false;
        }
    }

    private async Task ReachAsync(CancellationToken stoppingToken)
    {
        try
        {
            await schema.TryAsync(stoppingToken);
            (_reaches, _said) = (true, null);
            health.Healthy(Worker);
        }
        catch (NpgsqlException e)
        {
            _reaches = false;
            Say(LogLevel.Warning, $"Postgres does not reach the lake: {e.Message}");
            health.Degraded(Worker, $"Statements that join the lake with live tables do not run, because Postgres does not reach the lake ({e.Message}). Set Lake:ForeignAddress to the host and port at which it does.");
        }
    }

    // Once, and not every time that it is so.
    private void Say(LogLevel level, string text)
    {
        if (_said != text)
        {
            _said = text;
            logger.Log(level, "{Text}", text);
        }
    }
}

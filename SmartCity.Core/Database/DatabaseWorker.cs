using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Database;

/// <summary>Work that begins when the database is ready and goes on for as long as the process; the health has its state from the start.</summary>
/// <param name="name">Of the worker, as health and Ops name it.</param>
internal abstract class DatabaseWorker(string name, DatabaseStartup database, WorkerHealth health, ILogger logger) : BackgroundService
{
    protected DatabaseStartup Database => database;

    protected WorkerHealth Health => health;

    protected ILogger Logger => logger;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        health.Starting(name, "waiting for the database");
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await database.Ready.WaitAsync(stoppingToken);
        await health.KeepAsync(name, RunAsync, logger, stoppingToken);
    }

    /// <summary>The work. When it ends, or throws, the health says so, and it is begun again.</summary>
    protected abstract Task RunAsync(CancellationToken stoppingToken);
}

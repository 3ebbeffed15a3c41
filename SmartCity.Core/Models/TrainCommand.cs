using System.Runtime.InteropServices;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Secrets;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.Core.Models;

/// <summary>
/// <c>SmartCity.Core train</c>: trains what waits and ends. For a job of a cluster, on a machine with the program that trains; it needs the core's settings of
/// Postgres, of the object store and its secret, but not the key that signs.
/// </summary>
internal static class TrainCommand
{
    public const string Name = "train";

    /// <returns>The exit status: 0 too when it was told to stop, for what it was at then waits again.</returns>
    public static async Task<int> RunAsync(IConfiguration configuration, ILoggerFactory loggers)
    {
        using var stop = new CancellationTokenSource();
        using var terminated = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupted = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        var logger = loggers.CreateLogger(typeof(TrainCommand).FullName!);
        try
        {
            await using var dataSource = NpgsqlDataSource.Create(Needed("postgres"));
            var objects = ObjectStoreConnection.Parse(Needed("objects")).Open();
            using var _ = objects as IDisposable;
            var secret = CoreSecret.From(configuration["Core:Secrets:Key"], configuration["Core:Secrets:KeyFile"]);
            using var desk = new ModelDesk(dataSource, secret, objects, new ModelOptions(), configuration.GetSection(GateOptions.Section).Get<GateOptions>() ?? new GateOptions(), TimeProvider.System);
            var options = configuration.GetSection(TrainingOptions.Section).Get<TrainingOptions>() ?? new TrainingOptions();
            logger.LogInformation("Trainings that were run: {Count}. None waits.", await desk.TrainAsync(options, loggers, stop.Token));
            return 0;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logger.LogWarning("Training was stopped. What was at work waits, and goes on from its last state.");
            return 0;
        }
#pragma warning disable CA1031 // Whatever it is, it ends the process with its message; a run that was at work was given back.
        catch (Exception e)
#pragma warning restore CA1031
        {
            logger.LogError("No training can run: {Reason}", e.Message);
            return 1;
        }

        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stop.Cancel();
        }

        string Needed(string name) => configuration.GetConnectionString(name) ?? throw new InvalidOperationException($"ConnectionStrings:{name} is not set.");
    }
}

using Microsoft.Extensions.Logging;
using Npgsql;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Reports;

/// <summary>Counts the days of reports that are over, one after another, and looks every minute.</summary>
internal sealed class ReportDaysWorker(ReportDays days, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<ReportDaysWorker> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "report-days";
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    // Between two days the archive has its turn.
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var wait = Look;
            try
            {
                if (await days.CountNextAsync(stoppingToken) is { } day)
                {
                    (wait, var said) = (Pause, $"{day:yyyy-MM-dd} was counted");
                    Health.Healthy(Worker, said);
                }
                else
                {
                    Health.Healthy(Worker, "all days are counted");
                }
            }
            catch (Exception e) when (e is NpgsqlException or TimeoutException)
            {
                Health.Degraded(Worker, $"A day cannot be counted for the reports: {e.Message}");
                Logger.LogWarning("A day cannot be counted for the reports, which count it themselves when they are asked for. The core tries again: {Error}", e.Message);
            }

            await Task.Delay(wait, time, stoppingToken);
        }
    }
}

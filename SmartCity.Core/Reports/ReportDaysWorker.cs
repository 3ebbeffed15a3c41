using Microsoft.Extensions.Logging;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.Core.Reports;

/// <summary>Counts the days of reports that are over, one after another, and looks every minute. Between two days it rests as long as the last one took.</summary>
internal sealed class ReportDaysWorker(ReportDays days, DatabaseStartup database, WorkerHealth health, TimeProvider time, ILogger<ReportDaysWorker> logger) : DatabaseWorker(Worker, database, health, logger)
{
    private const string Worker = "report-days";
    private static readonly TimeSpan Look = TimeSpan.FromMinutes(1);

    protected override async Task RunAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            var (began, wait) = (time.GetTimestamp(), Look);
            try
            {
                var (day, isOthers) = await days.CountNextAsync(stoppingToken);
                var said = day is { } counted ? $"{counted:yyyy-MM-dd} was counted" : isOthers ? "another core counts the days" : "all days are counted";
                wait = day is null ? Look : time.GetElapsedTime(began);
                if (days.Failed == 0)
                {
                    Health.Healthy(Worker, said);
                }
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                Health.Degraded(Worker, $"A day cannot be counted for the reports: {e.Message}");
                Logger.LogWarning("A day cannot be counted for the reports, which count it themselves when they are asked for. The core tries it again in an hour: {Error}", e.Message);
            }

            await Task.Delay(wait, time, stoppingToken);
        }
    }
}

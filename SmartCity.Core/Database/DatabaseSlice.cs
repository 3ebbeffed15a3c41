using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SmartCity.Core.Database;

/// <summary>Postgres at <c>ConnectionStrings:postgres</c>, its migrations and what every worker waits for at start.</summary>
internal static class DatabaseSlice
{
    private const string HealthCheck = "PostgreSql";

    // Shorter than a probe's patience: a readiness that waits for Postgres would be no answer.
    private static readonly TimeSpan HealthTimeout = TimeSpan.FromSeconds(1);

    public static IHostApplicationBuilder AddDatabase(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddNpgsqlDataSource(
            "postgres",
            settings => services.AddSingleton(new PostgresConnection(settings.ConnectionString ?? "")),
            source =>
            {
                source.ConnectionStringBuilder.ApplicationName ??= "smartcity-core";
                PostgresConnection.KeepRowsOutOfErrors(source);
                PostgresConnection.NoticeWhatIsGone(source);
                // What workers ask every second belongs to no trace, and would hide those that people look for.
                source.ConfigureTracing(tracing => tracing
                    .ConfigureCommandFilter(_ => Activity.Current is not null)
                    .ConfigureBatchFilter(_ => Activity.Current is not null));
            });
        services.Configure<HealthCheckServiceOptions>(FitReadiness);
        services.AddSingleton<DatabaseStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseStartup>());
        return builder;
    }

    // A core without Postgres is still ready: it answers 503 with the reason, and shows the newest figures on the Ops page.
    private static void FitReadiness(HealthCheckServiceOptions checks)
    {
        foreach (var check in checks.Registrations.Where(r => r.Name == HealthCheck))
        {
            check.Tags.Add("ready");
            check.FailureStatus = HealthStatus.Degraded;
            check.Timeout = HealthTimeout;
        }
    }
}

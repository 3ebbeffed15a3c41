using System.Diagnostics;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace SmartCity.Core.Database;

/// <summary>Postgres at <c>ConnectionStrings:postgres</c>, its migrations and what every worker waits for at start.</summary>
internal static class DatabaseSlice
{
    private const string HealthCheck = "PostgreSql";

    public static IHostApplicationBuilder AddDatabase(this IHostApplicationBuilder builder)
    {
        var services = builder.Services;
        builder.AddNpgsqlDataSource(
            "postgres",
            settings => services.AddSingleton(new PostgresConnection(settings.ConnectionString ?? "", builder.Configuration.GetConnectionString(PostgresConnection.OwnerName))),
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
        services.TryAddSingleton(DatabasePatience.Usual);
        services.AddSingleton<DatabaseWatch>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseWatch>());
        services.AddSingleton<DatabaseStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseStartup>());
        return builder;
    }

    // The client's own check opens a connection for each probe, and waits as long as one hangs.
    private static void FitReadiness(HealthCheckServiceOptions checks)
    {
        foreach (var check in checks.Registrations.Where(r => r.Name == HealthCheck))
        {
            check.Tags.Add("ready");
            check.Factory = provider => provider.GetRequiredService<DatabaseWatch>();
        }
    }
}

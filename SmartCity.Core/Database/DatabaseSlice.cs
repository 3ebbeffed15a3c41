using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace SmartCity.Core.Database;

/// <summary>Postgres at <c>ConnectionStrings:postgres</c>, its migrations and what every worker waits for at start.</summary>
internal static class DatabaseSlice
{
    public static IServiceCollection AddDatabase(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var source = new NpgsqlDataSourceBuilder(ConnectionString(provider.GetRequiredService<IConfiguration>()));
            source.UseLoggerFactory(provider.GetService<ILoggerFactory>());
            source.ConnectionStringBuilder.ApplicationName ??= "smartcity-core";
            return source.Build();
        });
        services.AddSingleton<DatabaseStartup>();
        services.AddHostedService(provider => provider.GetRequiredService<DatabaseStartup>());
        return services;
    }

    internal static string ConnectionString(IConfiguration configuration) =>
        configuration.GetConnectionString("postgres")
        ?? throw new InvalidOperationException("ConnectionStrings:postgres is not configured; give an Npgsql connection string, such as Host=localhost;Database=smartcity;Username=smartcity.");
}

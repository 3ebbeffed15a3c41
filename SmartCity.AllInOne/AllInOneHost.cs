using Microsoft.AspNetCore.Authentication.Cookies;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Core;
using SmartCity.Edge;
using SmartCity.Lake;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Access;
using SmartCity.ServiceDefaults.Health;
using SmartCity.ServiceDefaults.Kafka;
using SmartCity.Web;

namespace SmartCity.AllInOne;

/// <summary>Every module in one process.</summary>
internal static class AllInOneHost
{
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(6);

    /// <summary>The configuration that the user gives: environment variables.</summary>
    public static IConfiguration UserConfiguration() => new ConfigurationBuilder().AddEnvironmentVariables().Build();

    /// <param name="settings">What is configured beside the user's configuration.</param>
    /// <param name="console">Whether the console is served.</param>
    /// <param name="sql">Where analysts connect; null if they cannot.</param>
    public static WebApplication Build(IReadOnlyDictionary<string, string?> settings, WorkerHealth health, bool console = true, SqlAddress? sql = null, Action<IServiceCollection>? more = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions
        {
            ApplicationName = typeof(AllInOneHost).Assembly.GetName().Name,
            ContentRootPath = AppContext.BaseDirectory,
        });
        builder.Configuration.AddInMemoryCollection(settings);
        builder.WebHost.UseStaticWebAssets();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopWithin);
        builder.Services.AddSingleton(health);
        builder.Services.AddSingleton(new DoneWith(InProcessBroker.Forget));
        Log(builder.Logging);
        builder.AddServiceDefaults();
        builder.AddEdge();
        builder.AddCore();
        if (console)
        {
            builder.AddConsole();
            UseBothSchemes(builder.Services);
        }

        if (sql is not null)
        {
            builder.Services.AddSingleton(sql.Listener);
            builder.AddLake();
        }

        more?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapServiceDefaults();
        app.MapEdge();
        app.MapCore();
        if (console)
        {
            app.MapConsole();
        }

        return app;
    }

    // The API knows tokens, the console cookies.
    private static void UseBothSchemes(IServiceCollection services)
    {
        const string both = "both";
        services.AddAuthentication(both).AddPolicyScheme(both, null, o => o.ForwardDefaultSelector = context =>
            context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/iceberg", StringComparison.Ordinal) || context.Request.Path.StartsWithSegments("/openapi", StringComparison.Ordinal)
                ? ApiScheme.Name
                : CookieAuthenticationDefaults.AuthenticationScheme);
    }

    /// <summary>Says what is wrong with the settings before anything starts: the host would log it with a stack first.</summary>
    /// <exception cref="OptionsValidationException">A setting is wrong; the message names it.</exception>
    public static void CheckSettings(WebApplication app) => app.Services.GetService<IStartupValidator>()?.Validate();

    /// <summary>Says which workers of a host that has stopped had failed.</summary>
    /// <returns>Whether there was one.</returns>
    public static async Task<bool> FailedWorkersAsync(WebApplication app)
    {
        var failed = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().Where(s => s.ExecuteTask is { IsFaulted: true }).ToList();
        foreach (var worker in failed)
        {
            await Console.Error.WriteLineAsync($"smartcity: stopping, because {worker.GetType().Name} failed: {worker.ExecuteTask!.Exception!.GetBaseException().Message}");
        }

        return failed.Count > 0;
    }

    /// <summary>One line an event.</summary>
    /// <param name="standardErrorFrom">Events of this level and above go to stderr. All of them do where stdout is for results.</param>
    public static void Log(ILoggingBuilder logging, LogLevel standardErrorFrom = LogLevel.Trace)
    {
        logging.ClearProviders();
        logging.AddSimpleConsole(o =>
        {
            o.SingleLine = true;
            o.TimestampFormat = "HH:mm:ss ";
            o.UseUtcTimestamp = true;
            o.ColorBehavior = LoggerColorBehavior.Default;
        });
        logging.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = standardErrorFrom);
        logging.AddFilter<ConsoleLoggerProvider>("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None);
        logging.AddFilter<ConsoleLoggerProvider>("Microsoft.AspNetCore.DataProtection", LogLevel.Error);
        foreach (var category in (string[])["Microsoft", "System", "Npgsql", "Polly", "SmartCity.Edge.Mirroring"])
        {
            logging.AddFilter<ConsoleLoggerProvider>(category, LogLevel.Warning);
        }
    }
}

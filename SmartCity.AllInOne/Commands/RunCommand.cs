using System.CommandLine;
using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Cities;
using SmartCity.ServiceDefaults.Certificates;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity run</c>: every module in this process with the infrastructure that is not given by connection string.</summary>
internal static class RunCommand
{
    private const int MostRecognitionThreads = 4;
    private const string DefaultCertificate = "Kestrel:Certificates:Default";

    private static readonly TimeSpan ReadyWithin = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan ReadyPoll = TimeSpan.FromMilliseconds(100);

    public static Command Create()
    {
        var command = new Command("run", "Runs the whole system, with the demo city unless --city names another.");
        foreach (var option in RunOptions.Options)
        {
            command.Options.Add(option);
        }

        command.SetAction((parse, cancellationToken) =>
            GuardAsync(logger => RunAsync(RunOptions.From(parse), logger, cancellationToken), cancellationToken));
        return command;
    }

    /// <summary>Errors that are the surroundings' fault: said in one sentence, without a stack.</summary>
    public static bool IsForUser(Exception e) =>
        e is InvalidOperationException or InvalidDataException or IOException or UnauthorizedAccessException or OptionsValidationException or KafkaException
        || (e is AggregateException several && several.InnerExceptions.All(IsForUser));

    /// <summary>Runs a verb; what is the surroundings' fault becomes one sentence and status 1.</summary>
    public static async Task<int> GuardAsync(Func<ILogger, Task<int>> verb, CancellationToken cancellationToken)
    {
        using var logging = LoggerFactory.Create(logging => AllInOneHost.Log(logging));
        var logger = logging.CreateLogger("SmartCity");
        try
        {
            return await verb(logger);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return 0; // stopped while it was starting
        }
        catch (Exception e) when (IsForUser(e))
        {
            logger.LogDebug(e, "SmartCity could not run.");
            await Console.Error.WriteLineAsync($"smartcity: {(e is AggregateException several ? string.Join(" ", several.InnerExceptions.Select(i => i.Message).Distinct()) : e.Message)}");
            return 1;
        }
    }

    private static async Task<int> RunAsync(RunOptions options, ILogger logger, CancellationToken cancellationToken)
    {
        var configuration = AllInOneHost.UserConfiguration();
        var address = ListenAddress.Parse(options.Urls);
        var city = LoadCity(options.City);
        var plan = InfrastructurePlan.Of(configuration, city, options.Stations);
        using var data = DataFolder.Take(options.Data);
        if (plan.StationsHeldBack)
        {
            logger.LogInformation("With KAFKA_HOME, each station needs a Kafka broker of its own, so only the first {Count} of {All} stations run. Use --stations all to run all of them.", plan.Stations.Count, city.Stations.Count);
        }

        var health = new WorkerHealth(TimeProvider.System);
        await using var infrastructure = await LocalInfrastructure.StartAsync(plan, configuration, data, health, logger, cancellationToken);
        var settings = new Dictionary<string, string?>(infrastructure.Settings)
        {
            ["urls"] = address.Urls,
            ["Edge:RecognitionThreads"] = configuration["Edge:RecognitionThreads"] ?? Math.Clamp(Environment.ProcessorCount, 1, MostRecognitionThreads).ToString(CultureInfo.InvariantCulture),
            ["Core:Address"] = configuration["Core:Address"] ?? address.Own.ToString(),
            ["Edge:Configuration:Address"] = address.Own.ToString(),
            ["Edge:Configuration:CityFileFirst"] = bool.TrueString, // the core reads the same city file
            ["Core:DemoRegistry"] = configuration["Core:DemoRegistry"] ?? HasSimulatedCameras(city).ToString(),
        };
        if (address.Shown.IsLoopback && !configuration.GetSection("Core:Access:PasskeyOrigins").Exists())
        {
            // Browsers know no passkeys of 127.0.0.1.
            settings["Core:Access:PasskeyOrigins:0"] = $"{address.Shown.Scheme}://localhost:{address.Shown.Port}";
        }

        var renewal = Secure(address, configuration, data, settings, logger);
        if (options.City is not null)
        {
            settings["Edge:CityFile"] = settings["Core:CityFile"] = Path.GetFullPath(options.City);
        }

        if (options.Speed is { } speed)
        {
            settings["Edge:SimulationSpeed"] = speed.ToString(CultureInfo.InvariantCulture);
        }

        using var sql = await SqlAddress.ListenAsync(configuration, data, cancellationToken);
        var analyst = plan.StartsPostgres && configuration["Lake:Analyst"] is not "" ? await Analyst.OfAsync(configuration, data, cancellationToken) : null;
        foreach (var (name, value) in (analyst?.Settings(sql.Shown) ?? []).Append(new("Lake:Folder", configuration["Lake:Folder"] ?? data.Below("lake"))))
        {
            settings[name] = name.StartsWith("Core:Sql:", StringComparison.Ordinal) ? configuration[name] ?? value : value;
        }

        await using var app = AllInOneHost.Build(settings, health, sql: sql, more: services => _ = renewal is null ? services : services.AddSingleton(renewal));
        return await ServeAsync(app, options, plan, address, $"SQL: {analyst?.Command(sql.Shown) ?? $"{sql.Shown}, as a role that was admitted: docs/lake.md"}", logger, cancellationToken);
    }

    // Kestrel takes the user's certificate from its own settings.
    /// <returns>What makes a new certificate before this one ends; null where the certificate is somebody's own.</returns>
    private static CertificateRenewal? Secure(ListenAddress address, IConfiguration configuration, DataFolder data, Dictionary<string, string?> settings, ILogger logger)
    {
        CertificateRenewal? renewal = null;
        if (address.Secured.Count > 0 && !configuration.GetSection(DefaultCertificate).Exists())
        {
            var own = OwnCertificate.Ensure(data.Path, address.Secured, TimeProvider.System.GetUtcNow());
            renewal = new CertificateRenewal(now => OwnCertificate.Ensure(data.Path, address.Secured, now));
            settings[DefaultCertificate + ":Path"] = own.CertificateFile;
            settings[DefaultCertificate + ":KeyPath"] = own.KeyFile;
            logger.LogInformation(
                "The certificate is self-made, so browsers ask whether to trust it: {File}, SHA-256 {Fingerprint}. To use your own, set Kestrel__Certificates__Default__Path and Kestrel__Certificates__Default__KeyPath.", own.CertificateFile, own.Fingerprint);
        }

        if (address.Open.Count > 0)
        {
            logger.LogWarning("Passwords and pictures go unencrypted to {Addresses}. Use an address that begins with https://, or let a proxy with TLS stand in front of this one.", string.Join(", ", address.Open));
        }

        return renewal;
    }

    private static async Task<int> ServeAsync(WebApplication app, RunOptions options, InfrastructurePlan plan, ListenAddress address, string sql, ILogger logger, CancellationToken cancellationToken)
    {
        AllInOneHost.CheckSettings(app);
        await app.StartAsync(cancellationToken);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
        try
        {
            await ReadyAsync(app.Services, logger, stop.Token);
            await Console.Error.WriteLineAsync($"SmartCity is ready: {address.Shown} ({plan.City.Name}, {plan.Stations.Count} stations)");
            await Console.Error.WriteLineAsync(sql);
            await Task.Delay(options.For ?? Timeout.InfiniteTimeSpan, TimeProvider.System, stop.Token);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            logger.LogInformation("Stopping.");
        }

        await app.StopAsync(CancellationToken.None);
        return await AllInOneHost.FailedWorkersAsync(app) ? 1 : 0;
    }

    private static async Task ReadyAsync(IServiceProvider services, ILogger logger, CancellationToken cancellationToken)
    {
        var checks = services.GetRequiredService<HealthCheckService>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ReadyWithin);
        while (true)
        {
            var report = await checks.CheckHealthAsync(c => c.Tags.Contains("ready"), cancellationToken);
            if (report.Status != HealthStatus.Unhealthy)
            {
                return;
            }

            try
            {
                await Task.Delay(ReadyPoll, TimeProvider.System, patience.Token);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                logger.LogWarning("Not everything is ready after {Patience}. SmartCity goes on without it: {Reasons}", ReadyWithin, string.Join("; ", report.Entries.Values.Select(e => e.Description)));
                return;
            }
        }
    }

    private static City LoadCity(string? file)
    {
        if (file is not null && !File.Exists(file))
        {
            throw new InvalidOperationException($"There is no city file {file}.");
        }

        return City.Load(file);
    }

    private static bool HasSimulatedCameras(City city) =>
        city.Stations.Any(s => s.Cameras.Any(c => c.Source.StartsWith("simulated:", StringComparison.Ordinal)));
}

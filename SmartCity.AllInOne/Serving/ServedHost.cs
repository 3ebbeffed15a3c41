using SmartCity.AllInOne.Commands;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.ServiceDefaults;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Serving;

/// <summary>What the served piece gets from its host.</summary>
internal sealed record ServedContext(IConfiguration Configuration, WorkerHealth Health, TimeProvider Time, ILogger Logger);

/// <summary>One piece of infrastructure, or the mirror, as a process of its own: in the foreground, with its health over HTTP, until it is told to end.</summary>
internal static class ServedHost
{
    private const string Worker = "serve";
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(8);

    /// <param name="urls">Where <c>/health/ready</c> answers; port 0 takes a free one.</param>
    /// <param name="addressFile">File that is to hold the connection string; null where none is wanted.</param>
    /// <param name="add">Adds hosted services; null where <paramref name="start"/> starts all there is.</param>
    /// <param name="start">Starts what is served.</param>
    public static Task<int> RunAsync(
        string urls,
        string? addressFile,
        Action<WebApplicationBuilder>? add,
        Func<ServedContext, CancellationToken, Task<Served>> start,
        CancellationToken cancellationToken) => RunCommand.GuardAsync(
            async _ =>
            {
                using var address = new AddressFile(addressFile);
                var listen = ListenAddress.Parse(urls);
                await using var app = Build(listen, add);
                app.Services.GetRequiredService<WorkerHealth>().Starting(Worker);
                await app.StartAsync(cancellationToken);
                using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, app.Lifetime.ApplicationStopping);
                try
                {
                    await ServeAsync(app, listen, address, start, stop.Token);
                }
                catch (OperationCanceledException) when (stop.IsCancellationRequested)
                {
                    app.Logger.LogInformation("Stopped while starting.");
                }

                await app.StopAsync(CancellationToken.None);
                return await AllInOneHost.FailedWorkersAsync(app) ? 1 : 0;
            },
            cancellationToken);

    private static async Task ServeAsync(
        WebApplication app, ListenAddress listen, AddressFile address, Func<ServedContext, CancellationToken, Task<Served>> start, CancellationToken cancellationToken)
    {
        var health = app.Services.GetRequiredService<WorkerHealth>();
        var context = new ServedContext(app.Configuration, health, app.Services.GetRequiredService<TimeProvider>(), app.Logger);
        await using var served = await start(context, cancellationToken);
        if (served.ConnectionString is { } connectionString)
        {
            address.Write(connectionString);
        }

        health.Healthy(Worker);
        app.Logger.LogInformation("Ready; health is told at {Address}health/ready.", listen.Own);
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        app.Logger.LogInformation("Stopping.");
        address.Dispose(); // before it stops answering
    }

    private static WebApplication Build(ListenAddress listen, Action<WebApplicationBuilder>? add)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ApplicationName = typeof(ServedHost).Assembly.GetName().Name, ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseUrls(listen.Urls);
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = StopWithin);
        AllInOneHost.Log(builder.Logging, LogLevel.Error);
        builder.AddServiceDefaults();
        add?.Invoke(builder);
        var app = builder.Build();
        app.MapServiceDefaults();
        return app;
    }
}

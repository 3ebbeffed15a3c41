using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.AppHost;

/// <summary>The command <b>Reset data</b> of the dashboard: everything that was gathered goes, and the system begins anew.</summary>
internal static class Resetting
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(5);

    /// <param name="services">What runs on the data, in the order in which it is started again.</param>
    /// <param name="kafkas">Every Kafka, with the name of its connection string.</param>
    public static void WithReset(
        this IResourceBuilder<ProjectResource> core,
        IReadOnlyList<IResource> services,
        IResourceBuilder<IResourceWithConnectionString> postgres,
        IResourceBuilder<IResourceWithConnectionString> objects,
        IReadOnlyList<(string Name, IResourceBuilder<IResourceWithConnectionString> Kafka)> kafkas)
    {
        var builder = core.ApplicationBuilder;
        var reset = builder.AddExecutable("reset", "dotnet", builder.AppHostDirectory)
            .WithArgs(builder.SmartCity(), "reset", "--yes")
            .WithReference(postgres, "postgres")
            .WithReference(objects, "objects")
            .WithIconName("Delete")
            .WithExplicitStart();
        foreach (var (name, kafka) in kafkas)
        {
            reset.WithReference(kafka, name);
        }

        core.WithCommand(
            "reset-data",
            "Reset data",
            context => ResetAsync(context, reset.Resource, services, kafkas.Select(k => k.Kafka.Resource).OfType<ServedResource>(), builder),
            new CommandOptions
            {
                IconName = "Delete",
                IconVariant = IconVariant.Regular,
                Description = "Deletes all sightings, charges, alerts, pictures and the archive, and starts the services again.",
                ConfirmationMessage = "All sightings, charges, alerts, pictures and the archive are deleted, and users, keys and the hot-list with them. Go on?",
            });
    }

    private static async Task<ExecuteCommandResult> ResetAsync(
        ExecuteCommandContext context, IResource reset, IReadOnlyList<IResource> services, IEnumerable<ServedResource> brokers, IDistributedApplicationBuilder builder)
    {
        var commands = context.Services.GetRequiredService<ResourceCommandService>();
        var states = context.Services.GetRequiredService<ResourceNotificationService>();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        patience.CancelAfter(Within);
        var running = services.Where(s => states.TryGetCurrentState(s.Name, out var state) && state.Snapshot.State?.Text == KnownResourceStates.Running).ToList();
        foreach (var service in running.AsEnumerable().Reverse())
        {
            await commands.ExecuteCommandAsync(service, KnownResourceCommands.StopCommand, patience.Token);
            await states.WaitForResourceAsync(service.Name, KnownResourceStates.TerminalStates, patience.Token);
        }

        var before = states.TryGetCurrentState(reset.Name, out var earlier) ? earlier.Snapshot.StartTimeStamp : null;
        await commands.ExecuteCommandAsync(reset, KnownResourceCommands.StartCommand, patience.Token);
        var result = (await states.WaitForResourceAsync(
            reset.Name, e => KnownResourceStates.TerminalStates.Contains(e.Snapshot.State?.Text) && (e.Snapshot.StartTimeStamp != before || e.Snapshot.State?.Text == KnownResourceStates.FailedToStart), patience.Token)).Snapshot;
        foreach (var spool in builder.Stations().Select(s => builder.DataFolder(Topology.Spool(s.Id))))
        {
            Directory.Delete(spool, recursive: true);
            Directory.CreateDirectory(spool);
        }

        foreach (var broker in brokers.Where(b => b.Forgets))
        {
            await commands.ExecuteCommandAsync(broker, KnownResourceCommands.RestartCommand, patience.Token);
            await states.WaitForResourceHealthyAsync(broker.Name, patience.Token);
        }

        foreach (var service in running)
        {
            await commands.ExecuteCommandAsync(service, KnownResourceCommands.StartCommand, patience.Token);
        }

        return result.ExitCode == 0 ? CommandResults.Success() : CommandResults.Failure($"The resource reset ended with status {result.ExitCode}; its log says why.");
    }
}

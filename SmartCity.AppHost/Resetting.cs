using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

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
        (string Name, IResourceWithConnectionString Resource)[] connections = [("postgres", postgres.Resource), ("objects", objects.Resource), .. kafkas.Select(k => (k.Name, k.Kafka.Resource))];
        core.WithCommand(
            "reset-data",
            "Reset data",
            context => ResetAsync(context, services, connections, builder),
            new CommandOptions
            {
                IconName = "Delete",
                IconVariant = IconVariant.Regular,
                Description = "Reset data: deletes all sightings, charges, alerts, pictures and the archive, and starts the services again.",
                ConfirmationMessage = "All sightings, charges, alerts, pictures and the archive are deleted, and users, keys and the hot-list with them. Go on?",
            });
    }

    private static async Task<ExecuteCommandResult> ResetAsync(
        ExecuteCommandContext context, IReadOnlyList<IResource> services, IReadOnlyList<(string Name, IResourceWithConnectionString Resource)> connections, IDistributedApplicationBuilder builder)
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

        var fault = await DeleteAsync(builder.SmartCity(), connections, context.Logger, patience.Token);
        foreach (var spool in fault is null ? builder.Stations().Select(s => builder.DataFolder(Topology.Spool(s.Id))) : [])
        {
            Directory.Delete(spool, recursive: true);
            Directory.CreateDirectory(spool);
        }

        foreach (var broker in connections.Select(c => c.Resource).OfType<ServedResource>().Where(b => b.Forgets))
        {
            await commands.ExecuteCommandAsync(broker, KnownResourceCommands.RestartCommand, patience.Token);
            await states.WaitForResourceHealthyAsync(broker.Name, patience.Token);
        }

        foreach (var service in running)
        {
            await commands.ExecuteCommandAsync(service, KnownResourceCommands.StartCommand, patience.Token);
        }

        return fault is null ? CommandResults.Success() : CommandResults.Failure(fault);
    }

    /// <summary>Runs <c>smartcity reset</c>. It is no resource: one click on its start would delete everything unasked.</summary>
    /// <returns>What went wrong; null when nothing did.</returns>
    private static async Task<string?> DeleteAsync(string program, IEnumerable<(string Name, IResourceWithConnectionString Resource)> connections, ILogger logger, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo("dotnet", [program, "reset", "--yes"]) { RedirectStandardError = true };
        foreach (var (name, resource) in connections)
        {
            start.Environment[$"ConnectionStrings__{name}"] = await resource.GetConnectionStringAsync(cancellationToken);
        }

        using var process = Process.Start(start)!;
        var said = new List<string>();
        while (await process.StandardError.ReadLineAsync(cancellationToken) is { } line)
        {
            said.Add(line);
            logger.LogInformation("{Line}", line);
        }

        await process.WaitForExitAsync(cancellationToken);
        return process.ExitCode == 0 ? null : $"Not everything could be deleted: {said.LastOrDefault()}";
    }
}

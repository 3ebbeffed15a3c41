using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.AppHost;

/// <summary>Commands of the dashboard that show how the system behaves.</summary>
internal static class Switches
{
    /// <summary>A flood of sightings past every station, started and stopped from the dashboard: 40 a second for a quarter of an hour.</summary>
    public static void WithRushHour(this IResourceBuilder<ProjectResource> core, IResourceBuilder<IResourceWithConnectionString> coreKafka)
    {
        var builder = core.ApplicationBuilder;
        var rushHour = builder.AddExecutable("rush-hour", "dotnet", builder.AppHostDirectory)
            .WithArgs(builder.SmartCity(), "simulate", "--speed", "40", "--count", "36000", "--kafka", coreKafka)
            .WaitFor(coreKafka)
            .WithIconName("VehicleCarProfile")
            .WithExplicitStart();
        core.WithSwitch("start-rush-hour", "Start rush hour", "VehicleCarProfile", rushHour, KnownResourceCommands.StartCommand, "sends 40 more sightings a second past every station, for a quarter of an hour.")
            .WithSwitch("stop-rush-hour", "Stop rush hour", "VehicleCarParking", rushHour, KnownResourceCommands.StopCommand, "ends the rush hour.");
    }

    /// <summary>Cuts and restores the link between the stations and the core.</summary>
    public static void WithLinkSwitch(this IResourceBuilder<IResource> mirror) => mirror
        .WithSwitch("cut-link", "Cut the link", "PlugDisconnected", mirror, KnownResourceCommands.StopCommand, "stops the mirror; sightings wait in the Kafka of their station.")
        .WithSwitch("restore-link", "Restore the link", "PlugConnected", mirror, KnownResourceCommands.StartCommand, "starts the mirror; what waits at the stations goes to the core.");

    /// <summary>Fills and empties the disk of a station: a file without content takes all that its spool may use, and no room on this machine.</summary>
    public static void WithDiskSwitch(this IResourceBuilder<ProjectResource> edge, string station)
    {
        const long SpoolDiskBytes = 2_000_000_000;
        var ballast = Path.Combine(edge.ApplicationBuilder.DataFolder(Topology.Spool(station)), "ballast");
        File.Delete(ballast); // of an earlier run
        edge.WithEnvironment("Edge__SpoolDiskBytes", SpoolDiskBytes.ToString(CultureInfo.InvariantCulture))
            .WithCommand(
                "fill-disk",
                "Fill the disk",
                _ =>
                {
                    using var file = new FileStream(ballast, FileMode.Create);
                    file.SetLength(SpoolDiskBytes);
                    return Task.FromResult(CommandResults.Success());
                },
                new CommandOptions { IconName = "HardDrive", IconVariant = IconVariant.Filled, Description = "Fill the disk: the edge finds its disk full. It sheds pictures, and sightings wait in memory." })
            .WithCommand(
                "empty-disk",
                "Empty the disk",
                _ =>
                {
                    File.Delete(ballast);
                    return Task.FromResult(CommandResults.Success());
                },
                new CommandOptions { IconName = "HardDrive", IconVariant = IconVariant.Regular, Description = "Empty the disk: the edge has room again, and writes what waited." });
    }

    private static IResourceBuilder<T> WithSwitch<T>(this IResourceBuilder<T> builder, string name, string displayName, string icon, IResourceBuilder<IResource> target, string command, string description)
        where T : IResource =>
        builder.WithCommand(
            name,
            displayName,
            context => context.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(target.Resource, command, context.CancellationToken),
            new CommandOptions { IconName = icon, IconVariant = IconVariant.Regular, IsHighlighted = true, Description = $"{displayName}: {description}" });
}

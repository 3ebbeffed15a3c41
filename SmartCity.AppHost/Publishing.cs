using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Resources;
using Microsoft.Extensions.Configuration;

namespace SmartCity.AppHost;

/// <summary>What <c>aspire publish</c> writes.</summary>
internal static class Publishing
{
    /// <summary>On which our images listen.</summary>
    public const int Port = 8080;

    private const string Version = "0.1.0";

    // The home of the images' user: Docker gives a new volume the owner of the folder that it covers.
    private const string Data = "/home/app";

    /// <summary>Where the topology is to run: <c>--Target compose</c>, the default, or <c>--Target kubernetes</c>.</summary>
    /// <returns>The registry with the images; null where nothing is published.</returns>
    public static IResourceBuilder<ParameterResource>? AddTarget(this IDistributedApplicationBuilder builder)
    {
        if (!builder.ExecutionContext.IsPublishMode)
        {
            return null;
        }

        switch (builder.Configuration["Target"])
        {
            case "kubernetes":
                builder.AddKubernetesEnvironment("kubernetes");
                break;
            case null or "compose":
                builder.AddDockerComposeEnvironment("compose")
                    .WithDashboard(dashboard => dashboard.WithImage("mcr.microsoft.com/dotnet/aspire-dashboard", "13.4").WithHostPort(18888))
                    .ConfigureComposeFile(Escape)
                    .ConfigureEnvFile(RemoveImages);
                break;
            case var other:
                throw new InvalidOperationException($"--Target is '{other}'; it must be compose or kubernetes.");
        }

        return builder.AddParameter("registry", "registry.example.org/smartcity");
    }

    /// <summary>The service is an image of <c>./smartcity images</c>, and runs without more rights than it needs.</summary>
    public static IResourceBuilder<ProjectResource> PublishAsImage(this IResourceBuilder<ProjectResource> project, string image, IResourceBuilder<ParameterResource>? registry) =>
        registry is null || !registry.ApplicationBuilder.Resources.OfType<DockerComposeEnvironmentResource>().Any() ? project : project.PublishAsDockerComposeService((resource, service) =>
        {
            service.Image = $"{registry.AsEnvironmentPlaceholder(resource)}/{image}:{Version}";
            service.Restart = "unless-stopped";
            service.ReadOnly = true;
            service.Tmpfs.Add("/tmp");
            service.SecurityOpt.Add("no-new-privileges:true");
            service.CapDrop.Add("ALL");
        });

    /// <summary>A folder whose path a setting takes: below .smartcity/aspire here, a volume of its own where it is published.</summary>
    public static IResourceBuilder<ProjectResource> WithFolder(this IResourceBuilder<ProjectResource> project, string setting, string name)
    {
        var builder = project.ApplicationBuilder;
        if (builder.ExecutionContext.IsRunMode)
        {
            return project.WithEnvironment(setting, Path.Combine(builder.AppHostDirectory, "..", ".smartcity", "aspire", name));
        }

        return project.WithEnvironment(setting, Data)
            .WithAnnotation(new ContainerMountAnnotation($"smartcity-{name}", Data, ContainerMountType.Volume, isReadOnly: false));
    }

    /// <summary>The city file, where one was given.</summary>
    public static IResourceBuilder<ProjectResource> WithCity(this IResourceBuilder<ProjectResource> project, string section, string? file)
    {
        const string Published = "/etc/smartcity/city.json";
        if (file is null)
        {
            return project;
        }

        var path = Path.GetFullPath(file);
        return project.ApplicationBuilder.ExecutionContext.IsRunMode
            ? project.WithEnvironment($"{section}__CityFile", path)
            : project.WithEnvironment($"{section}__CityFile", Published).WithAnnotation(new ContainerMountAnnotation(path, Published, ContainerMountType.BindMount, isReadOnly: true));
    }

    // MirrorMaker's own ${env:…} are not Compose's.
    private static void Escape(ComposeFile file)
    {
        foreach (var config in file.Configs.Values)
        {
            config.Content = config.Content?.Replace("$", "$$", StringComparison.Ordinal);
        }
    }

    // Our services name their images themselves.
    private static void RemoveImages(IDictionary<string, CapturedEnvironmentVariable> variables)
    {
        foreach (var name in variables.Keys.Where(n => n.EndsWith("_IMAGE", StringComparison.Ordinal)).ToArray())
        {
            variables.Remove(name);
        }
    }
}

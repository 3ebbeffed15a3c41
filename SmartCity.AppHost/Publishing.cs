#if PUBLISH
using System.Globalization;
using System.Text.RegularExpressions;
using Aspire.Hosting.Docker;
using Aspire.Hosting.Docker.Resources;
using Microsoft.Extensions.Configuration;
#endif

namespace SmartCity.AppHost;

/// <summary>
/// What <c>aspire publish</c> writes: <c>--Target compose</c>, the default, or <c>--Target kubernetes</c>. The packages that write them are
/// referenced with <c>-p:Publish=true</c> only; without them nothing is added to the model here.
/// </summary>
internal static partial class Publishing
{
    /// <summary>On which our images listen.</summary>
    public const int Port = 8080;

    /// <summary>On which analysts connect, where it is published.</summary>
    public const int SqlPort = 5433;

#if !PUBLISH
    public static PublishTarget? AddPublishTarget(this IDistributedApplicationBuilder builder) => null;

    public static IResourceBuilder<ProjectResource> PublishAsImage(this IResourceBuilder<ProjectResource> project, string image, PublishTarget? target, string? memory = null) => project;
#else
    public static PublishTarget? AddPublishTarget(this IDistributedApplicationBuilder builder)
    {
        if (!builder.ExecutionContext.IsPublishMode)
        {
            return null;
        }

        switch (builder.Configuration["Target"])
        {
            case "kubernetes":
                builder.AddKubernetesEnvironment("kubernetes");
                return null;
            case null or "compose":
                builder.AddDockerComposeEnvironment("compose")
                    .WithDashboard(dashboard => dashboard.WithImage("mcr.microsoft.com/dotnet/aspire-dashboard", "13.4").WithHostPort(18888))
                    .ConfigureComposeFile(Finish)
                    .ConfigureEnvFile(RemoveImages);
                return new PublishTarget(
                    builder.AddParameter("registry").WithDescription("Where the images of ./smartcity images were pushed to."),
                    builder.Configuration["ImageVersion"] ?? typeof(Publishing).Assembly.GetName().Version!.ToString(3));
            case var other:
                throw new InvalidOperationException($"--Target is '{other}'; it must be compose or kubernetes.");
        }
    }

    /// <summary>The service is an image of <c>./smartcity images</c>, and runs without more rights than it needs.</summary>
    /// <param name="memory">That it may use at most; null for no limit.</param>
    public static IResourceBuilder<ProjectResource> PublishAsImage(this IResourceBuilder<ProjectResource> project, string image, PublishTarget? target, string? memory = null) =>
        target is null ? project : project.PublishAsDockerComposeService((resource, service) =>
        {
            service.Image = $"{target.Registry.AsEnvironmentPlaceholder(resource)}/{image}:{target.Version}";
            service.ReadOnly = true;
            service.Tmpfs.Add("/tmp");
            service.SecurityOpt.Add("no-new-privileges:true");
            service.CapDrop.Add("ALL");
            if (memory is not null)
            {
                service.Deploy = new() { Resources = new() { Limits = new() { Memory = memory } } };
            }
        });

    private static readonly string OurPort = Port.ToString(CultureInfo.InvariantCulture);
    private static readonly string OurSqlPort = SqlPort.ToString(CultureInfo.InvariantCulture);

    private static void Finish(ComposeFile file)
    {
        foreach (var service in file.Services.Values)
        {
            service.Restart = "unless-stopped";
            service.Image = Required(service.Image);
            // Not a port of the host that changes with each start.
            if (service.Ports.Remove(OurPort))
            {
                service.Ports.Add($"{OurPort}:{OurPort}");
            }

            // Unencrypted: for programs on the host alone.
            if (service.Ports.Remove(OurSqlPort))
            {
                service.Ports.Add($"127.0.0.1:{OurSqlPort}:{OurSqlPort}");
            }

            foreach (var (name, value) in service.Environment.ToArray())
            {
                service.Environment[name] = Required(value)!;
            }
        }

        // MirrorMaker's own ${env:…} are not Compose's.
        foreach (var config in file.Configs.Values)
        {
            config.Content = config.Content?.Replace("$", "$$", StringComparison.Ordinal);
        }
    }

    // Compose names a variable that has no value, and does not start.
    private static string? Required(string? text) => text is null ? null : Variable().Replace(text, "${${name}:?}");

    [GeneratedRegex(@"(?<!\$)\$\{(?<name>[A-Z0-9_]+)\}")]
    private static partial Regex Variable();

    // Our services name their images themselves.
    private static void RemoveImages(IDictionary<string, CapturedEnvironmentVariable> variables)
    {
        foreach (var name in variables.Keys.Where(n => n.EndsWith("_IMAGE", StringComparison.Ordinal)).ToArray())
        {
            variables.Remove(name);
        }
    }
#endif
}

/// <summary>Which images the published services are.</summary>
/// <param name="Registry">Where they come from; it is said when Compose starts them.</param>
/// <param name="Version">Of the images: <c>--ImageVersion</c>, or this one's.</param>
internal sealed record PublishTarget(IResourceBuilder<ParameterResource> Registry, string Version);

using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;
using SmartCity.Contracts;

namespace SmartCity.AppHost;

/// <summary>Containers that have no integration of their own.</summary>
internal static class Infrastructure
{
    /// <summary>An S3 for development, as a connection string of that name.</summary>
    public static IResourceBuilder<IResourceWithConnectionString> AddMinio(this IDistributedApplicationBuilder builder, string name)
    {
        var user = builder.AddParameter("minio-user", "smartcity");
        var password = builder.AddParameter("minio-password", new GenerateParameterDefault { MinLength = 22, Special = false }, secret: true, persist: true);
        var minio = builder.AddContainer("minio", "quay.io/minio/minio", "RELEASE.2025-09-07T16-13-09Z")
            .WithArgs("server", "/data", "--console-address", ":9001")
            .WithEnvironment("MINIO_ROOT_USER", user)
            .WithEnvironment("MINIO_ROOT_PASSWORD", password)
            .WithVolume("smartcity-minio", "/data")
            .WithHttpEndpoint(targetPort: 9000, name: "s3")
            .WithHttpEndpoint(targetPort: 9001, name: "console")
            .WithHttpHealthCheck("/minio/health/ready", endpointName: "s3");
        return builder.AddConnectionString(name, ReferenceExpression.Create($"Endpoint={minio.GetEndpoint("s3")};AccessKey={user};SecretKey={password};Bucket=smartcity")).WaitFor(minio);
    }

    /// <summary>One MirrorMaker 2 for all stations. Each station's servers are to be put into <see cref="MirrorMaker.BootstrapVariable"/>.</summary>
    public static IResourceBuilder<ContainerResource> AddMirrorMaker(this IDistributedApplicationBuilder builder, string name, IEnumerable<string> stations, IResourceBuilder<IResourceWithConnectionString> core) =>
        builder.AddContainer(name, "apache/kafka", "4.1.0")
            .WithEntrypoint("/opt/kafka/bin/connect-mirror-maker.sh")
            .WithArgs("/etc/mirror/mm2.properties", "--clusters", MirrorMaker.Core)
            .WithContainerFiles("/etc/mirror",
            [
                new ContainerFile
                {
                    Name = "mm2.properties",
                    Contents = MirrorMaker.Properties(stations.Select(s => (s, $"${{env:{MirrorMaker.BootstrapVariable(s)}}}")), "${env:KAFKA_CORE}"),
                },
            ])
            .WithEnvironment("KAFKA_CORE", core.FromContainer())
            .WaitFor(core);

    /// <summary>Servers as a container reaches them: Kafka advertises another listener to containers than to processes on the host.</summary>
    public static ReferenceExpression FromContainer(this IResourceBuilder<IResourceWithConnectionString> kafka) =>
        kafka.Resource is KafkaServerResource server
            ? ReferenceExpression.Create($"{server.InternalEndpoint.Property(EndpointProperty.HostAndPort)}")
            : ReferenceExpression.Create($"{kafka.Resource}");

    /// <summary>A command of the dashboard that starts or stops another resource.</summary>
    public static IResourceBuilder<T> WithSwitch<T>(this IResourceBuilder<T> builder, string name, string displayName, string icon, IResourceBuilder<IResource> target, string command)
        where T : IResource =>
        builder.WithCommand(
            name,
            displayName,
            context => context.Services.GetRequiredService<ResourceCommandService>().ExecuteCommandAsync(target.Resource, command, context.CancellationToken),
            new CommandOptions { IconName = icon, IconVariant = IconVariant.Regular, IsHighlighted = true });
}

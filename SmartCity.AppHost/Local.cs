using System.Globalization;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace SmartCity.AppHost;

/// <summary>
/// Infrastructure as processes of this machine, each a resource of its own: <c>smartcity serve …</c>, the same code with which <c>./smartcity run</c> starts it.
/// With KAFKA_HOME the brokers are Apache Kafka's and the mirror is MirrorMaker 2; without it the brokers forget what they hold when they end.
/// </summary>
internal sealed class Local(IDistributedApplicationBuilder builder) : IInfrastructure
{
    // What librdkafka's broker keeps of a partition.
    private const long PartitionBytes = 5_000_000;

    private readonly bool _realKafka = builder.Configuration["KAFKA_HOME"] is { Length: > 0 };

    public long? BrokerPartitionBytes => _realKafka ? null : PartitionBytes;

    // Its owner makes the role.
    public IResourceBuilder<IResourceWithConnectionString> Postgres(string name, IResourceBuilder<ParameterResource> analyst, IResourceBuilder<ParameterResource> withoutPlates) =>
        AddServed(name, "postgres").WithIconName("DatabaseMultiple");

    public IResourceBuilder<IResourceWithConnectionString> Kafka(string name, string? station = null)
    {
        var kafka = AddServed(name, "kafka").WithIconName("MailMultiple");
        kafka = station is null ? kafka.WithArgs("--side", "core", "--stations", string.Join(',', builder.Stations().Select(s => s.Id))) : kafka.WithArgs("--side", "edge");
        return _realKafka ? kafka : kafka.Forgets();
    }

    public IResourceBuilder<IResourceWithConnectionString> Objects(string name)
    {
        var folder = builder.DataFolder(name);
        return builder.AddConnectionString(name, ReferenceExpression.Create($"{folder}"));
    }

    public IResourceBuilder<IResource> Trino(string name) =>
        throw new InvalidOperationException("--Trino asks for Trino, which runs in a container and reads an archive in an S3: ask for --Infrastructure containers too, or start Trino by itself, as docs/lake.md says.");

    public IResourceBuilder<IResource> Mirror(IReadOnlyList<(string Station, IResourceBuilder<IResourceWithConnectionString> Kafka)> stations, IResourceBuilder<IResourceWithConnectionString> core)
    {
        var mirror = Serve(builder.AddExecutable("mirror", "dotnet", builder.AppHostDirectory), "mirror")
            .WithArgs("--stations", string.Join(',', stations.Select(s => s.Station)))
            .WithReference(core, "core-kafka").WaitFor(core)
            .WithIconName("ArrowSync");
        foreach (var (station, kafka) in stations)
        {
            mirror.WithReference(kafka, $"edge-kafka-{station}").WaitFor(kafka);
        }

        return BrokerPartitionBytes is { } bytes
            ? mirror.WithEnvironment("Mirror__CorePartitionBytes", bytes.ToString(CultureInfo.InvariantCulture)).WithEnvironment("Mirror__CoreReaders__0", "core-ingest")
            : mirror;
    }

    private IResourceBuilder<ServedResource> AddServed(string name, string what)
    {
        var address = Path.Combine(builder.DataFolder("addresses"), name);
        File.Delete(address); // of an earlier run
        return Serve(builder.AddResource(new ServedResource(name, builder.AppHostDirectory, address)), what).WithArgs("--address-file", address);
    }

    private IResourceBuilder<T> Serve<T>(IResourceBuilder<T> resource, string what)
        where T : ExecutableResource => resource
            .WithArgs(builder.SmartCity(), "serve", what, "--data", builder.DataFolder(resource.Resource.Name))
            .WithHttpEndpoint(name: "health")
            .WithArgs(context =>
            {
                context.Args.Add("--urls");
                context.Args.Add(ReferenceExpression.Create($"http://127.0.0.1:{resource.GetEndpoint("health").Property(EndpointProperty.TargetPort)}"));
            })
            .WithUrlForEndpoint("health", url => (url.DisplayText, url.Url, url.DisplayLocation) = ("Health", "/health/ready", UrlDisplayLocation.DetailsOnly))
            .WithHttpHealthCheck("/health/ready", endpointName: "health")
            .WithOtlpExporter();
}

/// <summary>A process that tells its connection string in a file while it serves.</summary>
internal sealed class ServedResource(string name, string folder, string addressFile) : ExecutableResource(name, "dotnet", folder), IResourceWithConnectionString
{
    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{new Address(this)}");

    /// <summary>It holds nothing once it has ended, and has another address each time.</summary>
    public bool Forgets { get; set; }

    /// <summary>Null while it is not served: whoever needs the address waits for the resource's health first.</summary>
    internal string? CurrentAddress => File.Exists(addressFile) ? File.ReadAllText(addressFile) : null;

    private sealed class Address(ServedResource served) : IValueProvider, IManifestExpressionProvider
    {
        public string ValueExpression => $"{{{served.Name}.connectionString}}";

        public ValueTask<string?> GetValueAsync(CancellationToken cancellationToken = default) => ValueTask.FromResult(served.CurrentAddress);
    }
}

internal static class ServedResourceExtensions
{
    /// <summary>A broker in a process holds nothing once it has ended, and has another port after each start: those who knew the old address are started again with the new one.</summary>
    public static IResourceBuilder<ServedResource> Forgets(this IResourceBuilder<ServedResource> served)
    {
        string? told = null;
        served.Resource.Forgets = true;
        return served.OnResourceReady(async (resource, ready, cancellationToken) =>
        {
            var before = Interlocked.Exchange(ref told, resource.CurrentAddress);
            if (before is null || before == told)
            {
                return;
            }

            var commands = ready.Services.GetRequiredService<ResourceCommandService>();
            var states = ready.Services.GetRequiredService<ResourceNotificationService>();
            foreach (var dependant in served.ApplicationBuilder.Resources.Where(r => r.Annotations.OfType<WaitAnnotation>().Any(w => w.Resource == resource)))
            {
                if (states.TryGetCurrentState(dependant.Name, out var current) && current.Snapshot.State?.Text == KnownResourceStates.Running)
                {
                    await commands.ExecuteCommandAsync(dependant, KnownResourceCommands.RestartCommand, cancellationToken);
                }
            }
        });
    }
}

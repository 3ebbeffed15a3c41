// The whole topology on one screen. A connection string of a name given (ConnectionStrings:core-kafka, …) replaces that container.
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;

var builder = DistributedApplication.CreateBuilder(args);
var city = City.Load(builder.Configuration["City"]);
var stations = city.Stations.Take(builder.Configuration.GetValue("Edges", 3)).Select(s => s.Id).ToArray();

var postgres = Existing("postgres") ?? builder.AddPostgres("postgres-server").WithDataVolume().WithPgAdmin().AddDatabase("postgres", "smartcity");
var objects = Existing("objects") ?? Minio();
var coreKafka = Kafka("core-kafka");
var edgeKafkas = stations.ToDictionary(s => s, s => Kafka($"edge-kafka-{s}"));

// MirrorMaker 2: topic "sightings" of each station becomes "{station}.sightings" on the core.
var mirror = builder.AddContainer("mirror-maker", "apache/kafka", "4.1.0")
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
    .WithEnvironment("KAFKA_CORE", FromContainer(coreKafka))
    .WaitFor(coreKafka);

// The console's own key at the core; people sign in with names of their own.
var consoleKey = builder.AddParameter("console-key", new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);

// With which the edges ask the core which cameras run.
var edgeKey = builder.AddParameter("edge-key", new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);

var core = builder.AddProject<Projects.SmartCity_Core>("core")
    .WithReference(coreKafka).WaitFor(coreKafka)
    .WithReference(postgres).WaitFor(postgres)
    .WithReference(objects).WaitFor(objects)
    .WithEnvironment("Core__DemoRegistry", "true")
    .WithEnvironment("Core__Access__ServiceKeys__0__Name", "console")
    .WithEnvironment("Core__Access__ServiceKeys__0__Key", consoleKey)
    .WithEnvironment("Core__Access__ServiceKeys__0__Scopes__0", Scope.LiveRead)
    .WithEnvironment("Core__Access__ServiceKeys__1__Name", "edge")
    .WithEnvironment("Core__Access__ServiceKeys__1__Key", edgeKey)
    .WithEnvironment("Core__Access__ServiceKeys__1__Scopes__0", Scope.EdgeConfig)
    .WithHttpEndpoint()
    .WithHttpHealthCheck("/health/ready");

foreach (var (station, kafka) in edgeKafkas)
{
    mirror.WithEnvironment(MirrorMaker.BootstrapVariable(station), FromContainer(kafka)).WaitFor(kafka);
    builder.AddProject<Projects.SmartCity_Edge>($"edge-{station}")
        .WithReference(kafka, "edge-kafka").WaitFor(kafka)
        .WithReference(objects).WaitFor(objects)
        .WithEnvironment("Edge__Stations__0", station)
        .WithReference(core)
        .WithEnvironment("Edge__Configuration__Address", "https+http://core")
        .WithEnvironment("Edge__Configuration__Key", edgeKey)
        .WithEnvironment("Edge__SpoolPath", Path.Combine(builder.AppHostDirectory, "..", ".smartcity", "aspire", station))
        .WithHttpEndpoint()
        .WithHttpHealthCheck("/health/ready");
}

builder.AddProject<Projects.SmartCity_Web>("web")
    .WithReference(core).WaitFor(core)
    .WithEnvironment("Core__Address", "https+http://core")
    .WithEnvironment("Console__CoreKey", consoleKey)
    .WithHttpEndpoint()
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health/ready");

builder.Build().Run();

IResourceBuilder<IResourceWithConnectionString>? Existing(string name) =>
    builder.Configuration.GetConnectionString(name) is null ? null : builder.AddConnectionString(name);

IResourceBuilder<IResourceWithConnectionString> Kafka(string name) =>
    Existing(name) ?? builder.AddKafka(name).WithDataVolume().WithKafkaUI();

IResourceBuilder<IResourceWithConnectionString> Minio()
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
    return builder.AddConnectionString("objects", ReferenceExpression.Create($"Endpoint={minio.GetEndpoint("s3")};AccessKey={user};SecretKey={password};Bucket=smartcity")).WaitFor(minio);
}

// Kafka advertises another listener to containers than to processes on the host.
static ReferenceExpression FromContainer(IResourceBuilder<IResourceWithConnectionString> kafka) =>
    kafka.Resource is KafkaServerResource server
        ? ReferenceExpression.Create($"{server.InternalEndpoint.Property(EndpointProperty.HostAndPort)}")
        : ReferenceExpression.Create($"{kafka.Resource}");

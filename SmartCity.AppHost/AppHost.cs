// The whole topology on one screen. A connection string of a name given (ConnectionStrings:core-kafka, …) replaces that container.
// --Edges N: stations that run. --City FILE: another city. --Mirror builtin: the edges carry their topics themselves. Publishing: --Target compose or kubernetes.
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using SmartCity.AppHost;
using SmartCity.Contracts;
using SmartCity.Contracts.Api;
using SmartCity.Contracts.Cities;

var builder = DistributedApplication.CreateBuilder(args);
var cityFile = builder.Configuration["City"];
var stations = City.Load(cityFile).Stations.Take(builder.Configuration.GetValue("Edges", 3)).Select(s => s.Id).ToArray();
var usesMirrorMaker = builder.Configuration["Mirror"] != "builtin";
var registry = builder.AddTarget();

// The console's own key at the core, and the first user's password; the parameters on the dashboard show both.
var consoleKey = builder.AddParameter("console-key", new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);
var firstPassword = builder.AddParameter("first-password", new GenerateParameterDefault { MinLength = 16, Special = false }, secret: true, persist: true);

var postgres = Existing("postgres") ?? builder.AddPostgres("postgres-server").WithDataVolume("smartcity-postgres").WithPgAdmin().AddDatabase("postgres", "smartcity");
var objects = Existing("objects") ?? builder.AddMinio("objects");
var coreKafka = Kafka("core-kafka");

// With which the edges ask the core which cameras run.
var edgeKey = builder.AddParameter("edge-key", new GenerateParameterDefault { MinLength = 40, Special = false }, secret: true, persist: true);

var core = builder.AddProject<Projects.SmartCity_Core>("core")
    .WithReference(coreKafka).WaitFor(coreKafka)
    .WithReference(postgres).WaitFor(postgres)
    .WithReference(objects).WaitFor(objects)
    .WithCity("Core", cityFile)
    .WithEnvironment("Core__DemoRegistry", cityFile is null ? "true" : "false")
    .WithEnvironment("Core__Access__FirstPassword", firstPassword)
    .WithEnvironment("Core__Access__ServiceKeys__0__Name", "console")
    .WithEnvironment("Core__Access__ServiceKeys__0__Key", consoleKey)
    .WithEnvironment("Core__Access__ServiceKeys__0__Scopes__0", Scope.LiveRead)
    .WithEnvironment("Core__Access__ServiceKeys__1__Name", "edge")
    .WithEnvironment("Core__Access__ServiceKeys__1__Key", edgeKey)
    .WithEnvironment("Core__Access__ServiceKeys__1__Scopes__0", Scope.EdgeConfig)
    .WithHttpEndpoint(targetPort: registry is null ? null : Publishing.Port)
    .WithHttpHealthCheck("/health/ready")
    .WithIconName("CalculatorMultiple")
    .PublishAsImage("core", registry);

// MirrorMaker 2: topic "sightings" of each station becomes "{station}.sightings" on the core.
var mirror = usesMirrorMaker ? builder.AddMirrorMaker("mirror-maker", stations, coreKafka) : null;

foreach (var station in stations)
{
    var kafka = Kafka($"edge-kafka-{station}");
    var edge = builder.AddProject<Projects.SmartCity_Edge>($"edge-{station}")
        .WithReference(kafka, "edge-kafka").WaitFor(kafka)
        .WithReference(objects).WaitFor(objects)
        .WithCity("Edge", cityFile)
        .WithEnvironment("Edge__Stations__0", station)
        .WithReference(core)
        .WithEnvironment("Edge__Configuration__Address", core.GetEndpoint("http"))
        .WithEnvironment("Edge__Configuration__Key", edgeKey)
        .WithHttpEndpoint(targetPort: registry is null ? null : Publishing.Port)
        .WithHttpHealthCheck("/health/ready")
        .WithIconName("VideoSecurity")
        .WithFolder("Edge__SpoolPath", station)
        .PublishAsImage("edge", registry);
    if (mirror is not null)
    {
        mirror.WithEnvironment(MirrorMaker.BootstrapVariable(station), kafka.FromContainer()).WaitFor(kafka);
    }
    else
    {
        edge.WithReference(coreKafka).WaitFor(coreKafka).WithEnvironment("Mirror__Stations__0", station);
    }
}

var web = builder.AddProject<Projects.SmartCity_Web>("web")
    .WithReference(core).WaitFor(core)
    .WithEnvironment("Core__Address", core.GetEndpoint("http"))
    .WithEnvironment("Console__CoreKey", consoleKey)
    .WithHttpEndpoint(port: registry is null ? null : 8080, targetPort: registry is null ? null : Publishing.Port)
    .WithExternalHttpEndpoints()
    .WithHttpHealthCheck("/health/ready")
    .WithIconName("WindowApps")
    .WithFolder("Console__KeysPath", "console-keys")
    .PublishAsImage("web", registry);

if (builder.ExecutionContext.IsRunMode)
{
    web.WithEnvironment("Console__Traces__Address", builder.Configuration["ASPNETCORE_URLS"]?.Split(';')[0] ?? "");

    // Not started with the rest: 40 sightings a second for a quarter of an hour, past every station at once.
    var rushHour = builder.AddProject<Projects.SmartCity_AllInOne>("rush-hour", launchProfileName: null)
        .WithArgs("simulate", "--speed", "40", "--count", "36000", "--kafka", coreKafka)
        .WithIconName("VehicleCarProfile")
        .WithExplicitStart();
    core.WithSwitch("start-rush-hour", "Start rush hour", "VehicleCarProfile", rushHour, KnownResourceCommands.StartCommand)
        .WithSwitch("stop-rush-hour", "Stop rush hour", "VehicleCarParking", rushHour, KnownResourceCommands.StopCommand);
    mirror?.WithSwitch("cut-link", "Cut the link", "PlugDisconnected", mirror, KnownResourceCommands.StopCommand)
        .WithSwitch("restore-link", "Restore the link", "PlugConnected", mirror, KnownResourceCommands.StartCommand);
}

builder.Build().Run();

IResourceBuilder<IResourceWithConnectionString>? Existing(string name) =>
    builder.Configuration.GetConnectionString(name) is null ? null : builder.AddConnectionString(name);

IResourceBuilder<IResourceWithConnectionString> Kafka(string name) =>
    Existing(name) ?? builder.AddKafka(name).WithDataVolume($"smartcity-{name}").WithEnvironment("KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE", "LogAppendTime").WithKafkaUI();

// The whole topology on one screen. ConnectionStrings:NAME of a resource replaces what would be started for it.
//   --Infrastructure containers|local   where Postgres, Kafka, objects and the mirror run; without it containers if a runtime answers
//   --Edges N                           how many of the city's stations run     --City FILE   another city     --Data DIR   what is kept
//   --Trino true                        Trino over Postgres and the archive, in a container
//   aspire publish -- --Target compose|kubernetes, built with -p:Publish=true
using Microsoft.Extensions.Configuration;
using SmartCity.AppHost;
using SmartCity.Contracts.Api;

var builder = DistributedApplication.CreateBuilder(args);
var infrastructure = builder.ChooseInfrastructure();
var target = builder.AddPublishTarget();
var city = builder.Configuration["City"];

// Infrastructure.
var analystPassword = builder.AddSecret("analyst-password", 22, "Password of the role **analyst**, who asks the city by SQL and sees plates.");
var blindPassword = builder.AddSecret("analyst-without-plates-password", 22, "Password of the role **analyst_without_plates**, as which dashboards ask.");
var postgres = Existing("postgres") ?? infrastructure.Postgres("postgres", analystPassword, blindPassword);
var coreKafka = Existing("core-kafka") ?? infrastructure.Kafka("core-kafka");
var objects = Existing("objects") ?? infrastructure.Objects("objects");

// Keys between the services, and the first user's password. The dashboard's parameters show them.
var firstPassword = builder.AddSecret("first-password", 16, "Password of the user **administrator**, who signs in to the console first.");
var coreSecret = builder.AddSecret("core-secret", 40, "The core signs the audit with it and seals the secrets in the database.");
var consoleKey = builder.AddSecret("console-key", 40, "With this key the console calls the core.");
var edgeKey = builder.AddSecret("edge-key", 40, "With this key the edges ask the core for their cameras and for the hot-list.");

// The core: alerts, charges, archive and the API.
var core = builder.AddService<Projects.SmartCity_Core>("core")
    .WithReference(postgres).WaitFor(postgres)
    .WithReference(coreKafka).WaitFor(coreKafka)
    .WithReference(objects).WaitFor(objects)
    .WithCity("Core", city)
    .WithEnvironment("Core__DemoRegistry", city is null ? "true" : "false")
    .WithEnvironment("Core__Secrets__Key", coreSecret)
    .WithEnvironment("Core__Access__FirstPassword", firstPassword)
    .WithServiceKey(0, "console", consoleKey, Scope.LiveRead, Scope.AlertsRead, Scope.ChargesRead)
    .WithServiceKey(1, "edge", edgeKey, Scope.EdgeConfig)
    .WithHttp("API")
    .WithIconName("CalculatorMultiple")
    .PublishAsImage("core", target);

// The stations: each has its own Kafka and an edge, which reads plates.
var stations = builder.Stations();
var kafkas = new List<(string Station, IResourceBuilder<IResourceWithConnectionString> Kafka)>();
var edges = new List<IResourceBuilder<ProjectResource>>();
foreach (var station in stations)
{
    var parent = builder.AddStation(station);
    var kafka = Existing($"edge-kafka-{station.Id}") ?? infrastructure.Kafka($"edge-kafka-{station.Id}", station.Id).WithParentRelationship(parent);
    kafkas.Add((station.Id, kafka));
    edges.Add(builder.AddService<Projects.SmartCity_Edge>($"edge-{station.Id}")
        .WithReference(kafka, "edge-kafka").WaitFor(kafka)
        .WithReference(objects).WaitFor(objects)
        .WithReference(core)
        .WithCity("Edge", city)
        .WithFolder("Edge__SpoolPath", Topology.Spool(station.Id))
        .WithEnvironment("Edge__Stations__0", station.Id)
        .WithEnvironment("Edge__Configuration__Address", core.GetEndpoint("http"))
        .WithEnvironment("Edge__Configuration__Key", edgeKey)
        .WithEnvironment("Edge__Configuration__CityFileFirst", "true") // the core is filled from the same city
        .WithOptionalEnvironment("Edge__BrokerPartitionBytes", infrastructure.BrokerPartitionBytes)
        .WithHttp("Uploads")
        .WithIconName("VideoSecurity")
        .WithParentRelationship(parent)
        .PublishAsImage("edge", target));
}

// The link: topic "sightings" of each station becomes "{station}.sightings" on the core.
var mirror = infrastructure.Mirror(kafkas, coreKafka);

// One SQL over Postgres and the archive, for analysts and their tools.
var lake = builder.AddService<Projects.SmartCity_Lake>("lake")
    .WithReference(postgres).WaitFor(postgres)
    .WithReference(objects).WaitFor(objects)
    .WithFolder("Lake__Folder", "lake")
    .WithEnvironment("Lake__Analyst", "analyst")
    .WithEnvironment("Lake__AnalystPassword", analystPassword)
    .WithEnvironment("Lake__AnalystWithoutPlates", "analyst_without_plates")
    .WithEnvironment("Lake__AnalystWithoutPlatesPassword", blindPassword)
    .WithHttp("Health")
    .WithSql(postgres)
    .WithIconName("DatabaseSearch")
    .PublishAsImage("lake", target, memory: "2g"); // half of it is Lake:Memory
core.WithSqlOf(lake, analystPassword, blindPassword);
if (builder.Configuration.GetValue<bool>("Trino"))
{
    infrastructure.Trino("trino");
}

// The console.
var web = builder.AddService<Projects.SmartCity_Web>("web")
    .WithReference(core).WaitForStart(core)
    .WithEnvironment("Core__Address", core.GetEndpoint("http"))
    .WithEnvironment("Console__CoreKey", consoleKey)
    .WithFolder("Console__KeysPath", "console-keys")
    .WithHttp("Console")
    .WithExternalHttpEndpoints()
    .WithIconName("WindowApps")
    .PublishAsImage("web", target);

if (builder.ExecutionContext.IsRunMode)
{
    web.WithEnvironment("Console__Traces__Address", builder.Configuration["ASPNETCORE_URLS"]?.Split(';')[0] ?? "");
    core.WithRushHour(coreKafka);
    core.WithReset([core.Resource, mirror.Resource, .. edges.Select(e => e.Resource), lake.Resource, web.Resource], postgres, objects, [("core-kafka", coreKafka), .. kafkas.Select(k => ($"edge-kafka-{k.Station}", k.Kafka))]);
    mirror.WithLinkSwitch();
    foreach (var (edge, station) in edges.Zip(stations))
    {
        edge.WithDiskSwitch(station.Id);
    }
}

builder.Build().Run();

IResourceBuilder<IResourceWithConnectionString>? Existing(string name) =>
    builder.Configuration.GetConnectionString(name) is null ? null : builder.AddConnectionString(name);

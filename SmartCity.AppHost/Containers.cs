using Microsoft.Extensions.Configuration;
using SmartCity.Contracts;
using SmartCity.Lake.City;

namespace SmartCity.AppHost;

/// <summary>Infrastructure in containers that outlive the AppHost, with their data in volumes.</summary>
internal sealed class Containers(IDistributedApplicationBuilder builder) : IInfrastructure
{
    // One image is broker and MirrorMaker 2.
    private const string KafkaImage = "apache/kafka";
    private const string KafkaTag = "4.1.0";
    private const int ConsolePort = 9001;

    // A broker says its own address to its clients: one that outlives the AppHost must keep its port.
    private const int FirstKafkaPort = 29092;

    private IResourceBuilder<ContainerResource>? _kafkaUi;
    private int _clusters;

    private PostgresServerResource? _postgres;
    private IResourceBuilder<ParameterResource>? _ownerPassword;
    private (IResourceBuilder<ContainerResource> Minio, IResourceBuilder<ParameterResource> User, IResourceBuilder<ParameterResource> Password)? _minio;

    public long? BrokerPartitionBytes => null;

    public IResourceBuilder<IResourceWithConnectionString> Postgres(string name, IResourceBuilder<ParameterResource> analyst, IResourceBuilder<ParameterResource> withoutPlates)
    {
        var server = builder.AddPostgres($"{name}-server").WithDataVolume("smartcity-postgres");
        _postgres = server.Resource;
        return builder.ExecutionContext.IsPublishMode
            ? Owned(name, server, analyst, withoutPlates)
            : server.WithLifetime(ContainerLifetime.Persistent).WithPgAdmin(pgAdmin => pgAdmin.WithLifetime(ContainerLifetime.Persistent)).AddDatabase(name, "smartcity");
    }

    // The core owns its database and is no superuser, who alone may make the analysts' roles and what joins the archive with live tables, and take from them what would stop the core. The image runs the script when it makes its data folder.
    private IResourceBuilder<IResourceWithConnectionString> Owned(string name, IResourceBuilder<PostgresServerResource> server, IResourceBuilder<ParameterResource> analyst, IResourceBuilder<ParameterResource> withoutPlates)
    {
        const string Script = $$"""
            set -e
            psql -v ON_ERROR_STOP=1 -v password="$SMARTCITY_PASSWORD" -v analyst="$ANALYST_PASSWORD" -v blind="$ANALYST_WITHOUT_PLATES_PASSWORD" -U "$POSTGRES_USER" -d postgres <<'SQL'
            create role smartcity login password :'password';
            create database smartcity owner smartcity;
            create role analyst login password :'analyst';
            alter role analyst connection limit 20;
            alter role analyst set statement_timeout = '10min';
            alter role analyst set idle_in_transaction_session_timeout = '5min';
            create role analyst_without_plates login password :'blind';
            alter role analyst_without_plates connection limit 20;
            alter role analyst_without_plates set statement_timeout = '10min';
            alter role analyst_without_plates set idle_in_transaction_session_timeout = '5min';
            \c smartcity
            create extension postgres_fdw schema pg_catalog;
            grant usage on foreign data wrapper postgres_fdw to smartcity;
            {{PublicFunctions.Withdraw}};
            {{Nobody.Make}};
            SQL

            """;
        var password = builder.AddSecret("smartcity-password", 22, "Password of the user smartcity of Postgres, who owns the core's database.");
        server.WithEnvironment("SMARTCITY_PASSWORD", password).WithEnvironment("ANALYST_PASSWORD", analyst).WithEnvironment("ANALYST_WITHOUT_PLATES_PASSWORD", withoutPlates).WithContainerFiles("/docker-entrypoint-initdb.d", [new ContainerFile { Name = "10-smartcity.sh", Contents = Script }]);
        _ownerPassword = password;
        var endpoint = server.Resource.PrimaryEndpoint;
        return builder.AddConnectionString(
            name,
            ReferenceExpression.Create($"Host={endpoint.Property(EndpointProperty.Host)};Port={endpoint.Property(EndpointProperty.Port)};Username=smartcity;Password={password};Database=smartcity")).WaitFor(server);
    }

    public IResourceBuilder<IResourceWithConnectionString> Kafka(string name, string? station = null)
    {
        var resource = new KafkaContainer(name);
        var kafka = builder.AddResource(resource)
            .WithImage(KafkaImage, KafkaTag)
            .WithEndpoint(port: builder.ExecutionContext.IsRunMode ? FirstKafkaPort + _clusters : null, targetPort: KafkaContainer.HostPort, name: KafkaContainer.Host, isProxied: false)
            .WithEndpoint(targetPort: KafkaContainer.InternalPort, name: KafkaContainer.Internal)
            .WithEnvironment(KafkaContainer.Configure)
            .WithVolume($"smartcity-{name}", KafkaContainer.DataFolder)
            .WithLifetime(ContainerLifetime.Persistent)
            .WithHealthCheck(builder.AddKafkaCheck(name, () => resource))
            .WithIconName("MailMultiple");
        KafkaUi()
            .WithEnvironment($"KAFKA_CLUSTERS_{_clusters}_NAME", name)
            .WithEnvironment($"KAFKA_CLUSTERS_{_clusters}_BOOTSTRAPSERVERS", resource.FromContainer);
        _clusters++;
        return kafka;
    }

    public IResourceBuilder<IResourceWithConnectionString> Objects(string name)
    {
        var user = builder.AddParameter("minio-user", "smartcity").WithDescription("Access key of MinIO, where pictures and the archive go.");
        var password = builder.AddSecret("minio-password", 22, "Secret key of MinIO, where pictures and the archive go.");
        var minio = builder.AddContainer("minio", "quay.io/minio/minio", "RELEASE.2025-09-07T16-13-09Z")
            .WithArgs("server", "/data", "--console-address", $":{ConsolePort}")
            .WithEnvironment("MINIO_ROOT_USER", user)
            .WithEnvironment("MINIO_ROOT_PASSWORD", password)
            .WithVolume("smartcity-minio", "/data")
            .WithLifetime(ContainerLifetime.Persistent)
            .WithHttpEndpoint(targetPort: 9000, name: "s3")
            .WithHttpEndpoint(targetPort: ConsolePort, name: "console")
            .WithUrlForEndpoint("console", url => url.DisplayText = "MinIO console")
            .WithHttpHealthCheck("/minio/health/ready", endpointName: "s3")
            .WithIconName("Storage");
        _minio = (minio, user, password);
        return builder.AddConnectionString(name, ReferenceExpression.Create($"Endpoint={minio.GetEndpoint("s3")};AccessKey={user};SecretKey={password};Bucket=smartcity")).WaitFor(minio);
    }

    public IResourceBuilder<IResource> Trino(string name)
    {
        const string Folder = "/etc/trino/catalog";
        if (_postgres is not { } postgres || _minio is not var (minio, user, password))
        {
            throw new InvalidOperationException("--Trino asks for Trino over the Postgres and the MinIO that the AppHost starts, and ConnectionStrings:postgres or ConnectionStrings:objects names others. Start Trino by itself, as docs/lake.md says.");
        }

        var endpoint = postgres.PrimaryEndpoint;
        var (owner, secret) = _ownerPassword is { } own ? (ReferenceExpression.Create($"smartcity"), own.Resource)
            : (postgres.UserNameParameter is { } named ? ReferenceExpression.Create($"{named}") : ReferenceExpression.Create($"postgres"), postgres.PasswordParameter);
        return builder.AddContainer(name, "docker.io/trinodb/trino", "476")
            .WithContainerFiles(Folder, [new ContainerFile { Name = "city.properties", Contents = TrinoCatalogs.City }, new ContainerFile { Name = "lake.properties", Contents = TrinoCatalogs.Lake }])
            .WithEnvironment("TRINO_POSTGRES_URL", ReferenceExpression.Create($"jdbc:postgresql://{endpoint.Property(EndpointProperty.Host)}:{endpoint.Property(EndpointProperty.Port)}/smartcity"))
            .WithEnvironment("TRINO_POSTGRES_USER", owner)
            .WithEnvironment("TRINO_POSTGRES_PASSWORD", ReferenceExpression.Create($"{secret}"))
            .WithEnvironment("TRINO_OBJECTS_ENDPOINT", minio.GetEndpoint("s3"))
            .WithEnvironment("TRINO_OBJECTS_ACCESS_KEY", user)
            .WithEnvironment("TRINO_OBJECTS_SECRET_KEY", password)
            .WithHttpEndpoint(targetPort: 8080)
            .WithUrlForEndpoint("http", url => url.DisplayText = "Trino")
            .WithHttpHealthCheck("/v1/info")
            .WaitFor(builder.CreateResourceBuilder(postgres)).WaitFor(minio)
            .WithIconName("DatabaseSearch");
    }

    public IResourceBuilder<IResource> Mirror(IReadOnlyList<(string Station, IResourceBuilder<IResourceWithConnectionString> Kafka)> stations, IResourceBuilder<IResourceWithConnectionString> core)
    {
        var mirror = builder.AddContainer("mirror", KafkaImage, KafkaTag)
            .WithEntrypoint("/opt/kafka/bin/connect-mirror-maker.sh")
            .WithArgs("/etc/mirror/mm2.properties", "--clusters", MirrorMaker.Core)
            .WithContainerFiles("/etc/mirror",
            [
                new ContainerFile
                {
                    Name = "mm2.properties",
                    Contents = MirrorMaker.Properties(stations.Select(s => (s.Station, $"${{env:{MirrorMaker.BootstrapVariable(s.Station)}}}")), "${env:KAFKA_CORE}"),
                },
            ])
            .WithEnvironment("KAFKA_CORE", FromContainer(core)).WaitFor(core)
            .WithIconName("ArrowSync");
        foreach (var (station, kafka) in stations)
        {
            mirror.WithEnvironment(MirrorMaker.BootstrapVariable(station), FromContainer(kafka)).WaitFor(kafka);
        }

        return mirror;
    }

    // Kafka advertises another listener to containers than to processes of the host.
    private static ReferenceExpression FromContainer(IResourceBuilder<IResourceWithConnectionString> kafka) =>
        kafka.Resource is KafkaContainer container ? container.FromContainer : ReferenceExpression.Create($"{kafka.Resource}");

    private IResourceBuilder<ContainerResource> KafkaUi() => _kafkaUi ??= builder
        .AddContainer("kafka-ui", "kafbat/kafka-ui", "v1.3.0")
        .WithHttpEndpoint(targetPort: 8080)
        .WithUrlForEndpoint("http", url => url.DisplayText = "Kafka UI")
        .WithLifetime(ContainerLifetime.Persistent)
        .WithIconName("WindowDatabase")
        .ExcludeFromManifest();
}

/// <summary>One Apache Kafka broker, KRaft, that is its own controller.</summary>
internal sealed class KafkaContainer(string name) : ContainerResource(name), IResourceWithConnectionString
{
    /// <summary>The listener for processes of the host.</summary>
    public const string Host = "tcp";
    public const int HostPort = 9092;

    /// <summary>The listener for other containers.</summary>
    public const string Internal = "internal";
    public const int InternalPort = 9094;

    public const string DataFolder = "/var/lib/kafka/data";
    private const int ControllerPort = 9093;

    public ReferenceExpression ConnectionStringExpression => ReferenceExpression.Create($"{HostEndpoint.Property(EndpointProperty.HostAndPort)}");

    /// <summary>The servers as other containers reach them.</summary>
    public ReferenceExpression FromContainer => ReferenceExpression.Create($"{Name}:{InternalEndpoint.Property(EndpointProperty.TargetPort)}");

    private EndpointReference HostEndpoint => new(this, Host, KnownNetworkIdentifiers.LocalhostNetwork);

    private EndpointReference InternalEndpoint => new(this, Internal, KnownNetworkIdentifiers.DefaultAspireContainerNetwork);

    /// <summary>All that the image needs: it takes none of its own settings once one is given.</summary>
    public static void Configure(EnvironmentCallbackContext context)
    {
        var kafka = (KafkaContainer)context.Resource;
        var host = context.ExecutionContext.IsRunMode
            ? ReferenceExpression.Create($"localhost:{kafka.HostEndpoint.Property(EndpointProperty.Port)}")
            : ReferenceExpression.Create($"{kafka.HostEndpoint.Property(EndpointProperty.HostAndPort)}");
        var variables = context.EnvironmentVariables;
        variables["KAFKA_NODE_ID"] = "1";
        variables["KAFKA_PROCESS_ROLES"] = "broker,controller";
        variables["KAFKA_CONTROLLER_QUORUM_VOTERS"] = $"1@localhost:{ControllerPort}";
        variables["KAFKA_CONTROLLER_LISTENER_NAMES"] = "CONTROLLER";
        variables["KAFKA_LISTENERS"] = $"HOST://:{HostPort},INTERNAL://:{InternalPort},CONTROLLER://localhost:{ControllerPort}";
        variables["KAFKA_ADVERTISED_LISTENERS"] = ReferenceExpression.Create($"HOST://{host},INTERNAL://{kafka.FromContainer}");
        variables["KAFKA_LISTENER_SECURITY_PROTOCOL_MAP"] = "HOST:PLAINTEXT,INTERNAL:PLAINTEXT,CONTROLLER:PLAINTEXT";
        variables["KAFKA_INTER_BROKER_LISTENER_NAME"] = "INTERNAL";
        variables["KAFKA_LOG_DIRS"] = DataFolder;
        variables["KAFKA_NUM_PARTITIONS"] = "6";
        variables["KAFKA_LOG_MESSAGE_TIMESTAMP_TYPE"] = "LogAppendTime";
        variables["KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR"] = "1";
        variables["KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR"] = "1";
        variables["KAFKA_TRANSACTION_STATE_LOG_MIN_ISR"] = "1";
        variables["KAFKA_SHARE_COORDINATOR_STATE_TOPIC_REPLICATION_FACTOR"] = "1";
        variables["KAFKA_SHARE_COORDINATOR_STATE_TOPIC_MIN_ISR"] = "1";
        variables["KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS"] = "0";
    }
}

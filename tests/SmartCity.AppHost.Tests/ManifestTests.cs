using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace SmartCity.AppHost.Tests;

/// <summary>Containers and local processes differ in where infrastructure runs, and in nothing that a service is told. The container model is built and never started.</summary>
public sealed class ManifestTests
{
    private static readonly string[] Services = ["core", "lake", "web", "edge-london-a1", "edge-london-a3"];

    [Fact]
    public async Task A_service_is_told_the_same_with_containers_and_with_local_processes()
    {
        using var containers = await ManifestAsync("containers");
        using var local = await ManifestAsync("local");
        foreach (var service in Services)
        {
            Assert.Equal(Keys(containers, service), Keys(local, service));
        }

        Assert.Contains("ConnectionStrings__postgres", Keys(local, "core"));
        Assert.Contains("ConnectionStrings__core-kafka", Keys(local, "core"));
        Assert.Contains("ConnectionStrings__objects", Keys(local, "core"));
        Assert.Contains("ConnectionStrings__postgres", Keys(local, "lake"));
        Assert.Contains("Lake__ForeignAddress", Keys(local, "lake"));
        Assert.Contains("ConnectionStrings__edge-kafka", Keys(local, "edge-london-a1"));
    }

    [Fact]
    public async Task Containers_hold_what_local_processes_serve()
    {
        using var containers = await ManifestAsync("containers");
        using var local = await ManifestAsync("local");
        foreach (var name in (string[])["core-kafka", "edge-kafka-london-a1", "edge-kafka-london-a3", "mirror"])
        {
            Assert.StartsWith("container.", Type(containers, name), StringComparison.Ordinal);
            Assert.Equal("executable.v0", Type(local, name));
        }

        Assert.Equal("executable.v0", Type(local, "postgres"));
        Assert.StartsWith("container.", Type(containers, "postgres-server"), StringComparison.Ordinal);
        Assert.StartsWith("container.", Type(containers, "minio"), StringComparison.Ordinal);
        var advertised = containers.RootElement.GetProperty("resources").GetProperty("core-kafka").GetProperty("env").GetProperty("KAFKA_ADVERTISED_LISTENERS").GetString();
        Assert.Contains("INTERNAL://core-kafka:", advertised, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Compose_tells_each_service_what_the_AppHost_tells_it()
    {
        using var containers = await ManifestAsync("containers");
        var compose = await File.ReadAllTextAsync(Path.Combine(Projects.SmartCity_AppHost.ProjectPath, "..", "deploy", "compose", "docker-compose.yaml"), TestContext.Current.CancellationToken);
        foreach (var service in (string[])[.. Services, "core-kafka", "edge-kafka-london-a1", "mirror", "minio", "postgres-server"])
        {
            var environment = Regex.Match(compose, $@"\n  {service}:\n(?:    .*\n)*?    environment:\n(?<lines>(?:      .*\n)+)");
            Assert.True(environment.Success, $"docker-compose.yaml has no service {service} with an environment.");
            var told = environment.Groups["lines"].Value.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Trim().Split(':')[0]);
            Assert.Equal(
                containers.RootElement.GetProperty("resources").GetProperty(service).GetProperty("env").EnumerateObject().Select(p => p.Name).Where(IsTold).Order(StringComparer.Ordinal),
                told.Where(IsTold).Order(StringComparer.Ordinal));
        }

        // The publisher leads telemetry to the dashboard that it adds. With two stations MirrorMaker knows two.
        static bool IsTold(string name) => !name.StartsWith("OTEL_EXPORTER_", StringComparison.Ordinal) && name is not ("OTEL_SERVICE_NAME" or "KAFKA_LONDON_A4");
    }

    [Fact]
    public async Task Trino_is_there_when_it_is_asked_for_and_knows_Postgres_and_MinIO()
    {
        using var without = await ManifestAsync("containers");
        Assert.False(without.RootElement.GetProperty("resources").TryGetProperty("trino", out _));
        using var with = await ManifestAsync("containers", "--Trino", "true");
        var trino = with.RootElement.GetProperty("resources").GetProperty("trino");
        Assert.StartsWith("docker.io/trinodb/trino:", trino.GetProperty("image").GetString(), StringComparison.Ordinal);
        var told = trino.GetProperty("env").EnumerateObject().ToDictionary(e => e.Name, e => e.Value.GetString()!);
        Assert.StartsWith("jdbc:postgresql://{postgres-server.", told["TRINO_POSTGRES_URL"], StringComparison.Ordinal);
        Assert.EndsWith("/smartcity", told["TRINO_POSTGRES_URL"], StringComparison.Ordinal);
        Assert.Contains("{minio.", told["TRINO_OBJECTS_ENDPOINT"], StringComparison.Ordinal);
        Assert.Superset(new HashSet<string>(["TRINO_POSTGRES_USER", "TRINO_POSTGRES_PASSWORD", "TRINO_OBJECTS_ACCESS_KEY", "TRINO_OBJECTS_SECRET_KEY"]), told.Keys.ToHashSet());
        var refused = await Assert.ThrowsAnyAsync<Exception>(() => ManifestAsync("local", "--Trino", "true"));
        Assert.Contains("--Infrastructure containers", refused.Message, StringComparison.Ordinal);
    }

    private static string Type(JsonDocument manifest, string name) => manifest.RootElement.GetProperty("resources").GetProperty(name).GetProperty("type").GetString()!;

    // Aspire adds what some connections consist of, such as POSTGRES_HOST; nobody here reads it. What a broker in a process keeps is its own.
    private static string[] Keys(JsonDocument manifest, string service) =>
    [
        .. manifest.RootElement.GetProperty("resources").GetProperty(service).GetProperty("env").EnumerateObject().Select(p => p.Name)
            .Where(n => !n.StartsWith("POSTGRES_", StringComparison.Ordinal) && n != "Edge__BrokerPartitionBytes")
            .Order(StringComparer.Ordinal),
    ];

    private static async Task<JsonDocument> ManifestAsync(string infrastructure, params string[] more)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-manifest-").FullName;
        try
        {
            var built = new DirectoryInfo(Path.TrimEndingDirectorySeparator(AppContext.BaseDirectory));
            var program = Path.Combine(Projects.SmartCity_AppHost.ProjectPath, "bin", built.Parent!.Name, built.Name, "SmartCity.AppHost.dll");
            var file = Path.Combine(folder, "manifest.json");
            using var process = Process.Start(new ProcessStartInfo(
                "dotnet", [program, "--operation", "publish", "--publisher", "manifest", "--output-path", file, "--Infrastructure", infrastructure, "--Edges", "2", "--Data", folder, .. more])
            { RedirectStandardOutput = true, RedirectStandardError = true })!;
            var said = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);
            Assert.True(File.Exists(file), $"No manifest was written:\n{await said}{await errors}");
            Assert.StartsWith("SmartCity: Postgres, Kafka and", await said, StringComparison.Ordinal);
            return JsonDocument.Parse(await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

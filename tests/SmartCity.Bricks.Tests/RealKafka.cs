using System.Diagnostics;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using SmartCity.Bricks.Tests;
using SmartCity.Edge.Tests.Hosting;

[assembly: AssemblyFixture(typeof(RealKafka))]

namespace SmartCity.Bricks.Tests;

/// <summary>One Apache Kafka for the suite, started when the first test asks for it.</summary>
public sealed class RealKafka : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("bricks-kafka").FullName;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private string? _servers;
    private int _topics;

    /// <summary>A new topic on it; skips the test where there is no Kafka.</summary>
    public async Task<(string Servers, string Topic)> TopicAsync(int partitions = 4)
    {
        var script = Script();
        Assert.SkipWhen(script is null, "../shared/kafka/kafka.sh is not there.");
        Assert.SkipUnless((Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(p => File.Exists(Path.Combine(p, "java"))), "There is no Java on PATH.");
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            if (_servers is null)
            {
                var port = FreePorts.Take(10_000); // its controller listens 10,000 above
                await RunAsync(script!, "start", _folder, $"{port}");
                _servers = $"127.0.0.1:{port}";
            }
        }
        finally
        {
            _gate.Release();
        }

        var topic = $"parcels-{Interlocked.Increment(ref _topics)}";
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = _servers }).Build();
        await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }, new TopicSpecification { Name = topic + "-dead", NumPartitions = 1, ReplicationFactor = 1 }]);
        return (_servers, topic);
    }

    public async ValueTask DisposeAsync()
    {
        if (_servers is not null)
        {
            await RunAsync(Script()!, "stop", _folder);
        }

        for (var tries = 0; Directory.Exists(_folder); tries++)
        {
            try
            {
                Directory.Delete(_folder, recursive: true);
            }
            catch (IOException) when (tries < 20)
            {
                await Task.Delay(500); // it is still ending
            }
        }

        _gate.Dispose();
    }

    private static string? Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
            {
                var script = Path.Combine(folder.FullName, "..", "shared", "kafka", "kafka.sh");
                return File.Exists(script) ? script : null;
            }
        }

        return null;
    }

    private static async Task RunAsync(string script, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [script, .. arguments]))!;
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}

using System.Diagnostics;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Objects;

/// <summary>A Ceph of this suite's own on loopback, started when the first test asks for it.</summary>
public sealed class CephServer : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly string? _script = Script();
    private string? _connection;

    /// <summary>The connection string without a bucket; skips the test when there is no Ceph.</summary>
    public async Task<string> StartedAsync()
    {
        Assert.SkipWhen(_script is null, "../shared/tools/ceph-s3.sh is not there.");
        Assert.SkipUnless(Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(p => File.Exists(Path.Combine(p, "radosgw"))), "Ceph (radosgw) is not installed.");
        await _gate.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            return _connection ??= await StartAsync();
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_connection is not null)
        {
            await RunAsync("stop", _folder["ceph"]);
        }

        _folder.Dispose();
        _gate.Dispose();
    }

    private static string? Script()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
            {
                var script = Path.Combine(folder.FullName, "..", "shared", "tools", "ceph-s3.sh");
                return File.Exists(script) ? script : null;
            }
        }

        return null;
    }

    private async Task<string> StartAsync()
    {
        var port = FreePorts.Take(1, 2); // the script takes the next two as well
        await RunAsync("start", _folder["ceph"], port.ToString(System.Globalization.CultureInfo.InvariantCulture));
        return $"Endpoint=http://127.0.0.1:{port};AccessKey=smartcity;SecretKey=smartcitysecret";
    }

    private async Task RunAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", [_script!, .. arguments]))!;
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
    }
}

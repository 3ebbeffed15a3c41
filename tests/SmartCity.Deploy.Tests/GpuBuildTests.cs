using System.Diagnostics;
using System.Net;
using System.Text;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Deploy.Tests;

/// <summary>An edge built with <c>-p:Gpu=true</c>, on a machine that need not have a GPU.</summary>
public sealed class GpuBuildTests(GpuBuildTests.Build build) : IClassFixture<GpuBuildTests.Build>, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("smartcity-gpu");

    [Fact]
    public void It_has_cuda_beside_it_once_and_leaves_the_ordinary_build_alone()
    {
        Assert.True(build.Status == 0, build.Output);
        foreach (var provider in (string[])["cuda", "tensorrt", "shared"])
        {
            var library = Assert.Single(Directory.EnumerateFiles(Repository.File("artifacts", "gpu"), $"libonnxruntime_providers_{provider}.so", SearchOption.AllDirectories));
            Assert.StartsWith(Path.GetDirectoryName(Build.Program)!, library, StringComparison.Ordinal);
        }

        Assert.NotEmpty(build.Before);
        Assert.Equal(build.Before, Build.Ordinary());
    }

    [Fact]
    public async Task It_runs_on_the_cpu_where_it_cannot_use_a_gpu_and_says_what_is_missing()
    {
        Assert.SkipWhen(Build.HasGpu, "This machine has an NVIDIA GPU.");
        Assert.True(build.Status == 0, build.Output);
        using var edge = new Edge(_folder, "auto");
        Assert.True(await edge.IsReadyAsync(), $"It is not ready.\n{edge.Log}");
        Assert.Matches(@"Recognition runs on the CPU: lib[\w.]+ is not on this machine \(cuda needs NVIDIA's driver, CUDA 13, cuDNN 9\)\.", edge.Log);
        Assert.DoesNotContain("onnxruntime:", edge.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_does_not_start_where_cuda_was_asked_for_and_is_not_there()
    {
        Assert.SkipWhen(Build.HasGpu, "This machine has an NVIDIA GPU.");
        Assert.True(build.Status == 0, build.Output);
        using var edge = new Edge(_folder, "cuda");
        Assert.NotEqual(0, await edge.EndAsync());
        Assert.Matches(@"Recognition:Device is cuda, which cannot be used: lib[\w.]+ is not on this machine .* set Recognition:Device to cpu or auto\.", edge.Log);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>Built once for these tests; a second build has little to do.</summary>
    public sealed class Build : IAsyncLifetime
    {
        public static string Program { get; } = Repository.File("artifacts", "gpu", "bin", "SmartCity.Edge", "release", "SmartCity.Edge.dll");

        public static bool HasGpu => File.Exists("/proc/driver/nvidia/version");

        public int Status { get; private set; }

        public string Output { get; private set; } = "";

        public IReadOnlyList<string> Before { get; } = Ordinary();

        /// <summary>What a build of other packages would change of the ordinary one.</summary>
        public static IReadOnlyList<string> Ordinary() =>
        [
            .. new[] { Repository.File("SmartCity.Edge", "obj"), Repository.File("SmartCity.Edge", "bin") }
                .SelectMany(f => Directory.EnumerateFiles(f, "*", SearchOption.AllDirectories))
                .Where(f => Path.GetFileName(f) is "project.assets.json" or "SmartCity.Edge.deps.json" || f.Contains("onnxruntime", StringComparison.OrdinalIgnoreCase))
                .Order(StringComparer.Ordinal)
                .Select(f => $"{f} {new FileInfo(f).Length} {File.GetLastWriteTimeUtc(f):O}"),
        ];

        public async ValueTask InitializeAsync()
        {
            var start = new ProcessStartInfo("dotnet", ["build", "SmartCity.Edge", "-c", "Release", "-p:Gpu=true", "-v", "quiet", "--nologo", "-nodeReuse:false"])
            {
                WorkingDirectory = Repository.Root,
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            };
            using var process = Process.Start(start)!;
            var errors = process.StandardError.ReadToEndAsync();
            Output = await process.StandardOutput.ReadToEndAsync() + await errors;
            await process.WaitForExitAsync();
            Status = process.ExitCode;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    /// <summary>The program as it was built, with no Kafka to reach.</summary>
    private sealed class Edge : IDisposable
    {
        private readonly StringBuilder _log = new();
        private readonly Process _process;
        private readonly int _port = FreePorts.Take();

        public Edge(DirectoryInfo folder, string device)
        {
            var start = new ProcessStartInfo("dotnet", [Build.Program]) { WorkingDirectory = folder.FullName, RedirectStandardOutput = true, RedirectStandardError = true };
            start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{_port}";
            start.Environment["ConnectionStrings__edge-kafka"] = "127.0.0.1:1";
            start.Environment["ConnectionStrings__objects"] = Path.Combine(folder.FullName, "objects");
            start.Environment["Edge__SpoolPath"] = Path.Combine(folder.FullName, "spool");
            start.Environment["Edge__Stations__0"] = "london-a1";
            start.Environment["Recognition__Device"] = device;
            _process = new Process { StartInfo = start };
            _process.OutputDataReceived += (_, line) => Hear(line.Data);
            _process.ErrorDataReceived += (_, line) => Hear(line.Data);
            _process.Start();
            _process.BeginOutputReadLine();
            _process.BeginErrorReadLine();
        }

        public string Log
        {
            get
            {
                lock (_log)
                {
                    return _log.ToString();
                }
            }
        }

        public async Task<bool> IsReadyAsync()
        {
            using var http = new HttpClient();
            using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
            var since = Stopwatch.StartNew();
            while (since.Elapsed < Patience && !_process.HasExited && await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken))
            {
                try
                {
                    using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{_port}/health/ready"), TestContext.Current.CancellationToken);
                    if (answer.StatusCode == HttpStatusCode.OK)
                    {
                        return true;
                    }
                }
                catch (HttpRequestException)
                {
                    // Not yet.
                }
            }

            return false;
        }

        public async Task<int> EndAsync()
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
            patience.CancelAfter(Patience);
            await _process.WaitForExitAsync(patience.Token);
            return _process.ExitCode;
        }

        public void Dispose()
        {
            if (!_process.HasExited)
            {
                _process.Kill(entireProcessTree: true);
                _process.WaitForExit();
            }

            _process.Dispose();
        }

        private void Hear(string? line)
        {
            lock (_log)
            {
                _log.AppendLine(line);
            }
        }
    }
}

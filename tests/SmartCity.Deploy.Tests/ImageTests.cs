using System.Diagnostics;
using System.Net;
using System.Reflection.PortableExecutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using SmartCity.Edge.Tests.Hosting;
using k8s.Models;

namespace SmartCity.Deploy.Tests;

/// <summary>What <c>./smartcity images</c> builds is what a cluster can run.</summary>
public sealed partial class ImageTests : IDisposable
{
    // Ubuntu's chiselled ASP.NET image has 52 MB as it travels; together they stay under 250 MB.
    private const long MostOwnBytes = 190_000_000;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("smartcity-images");

    [Fact]
    public async Task Images_are_built_without_docker_and_run_with_the_charts_environment()
    {
        await using var registry = await BaseImageRegistry.StartAsync();
        var (status, output, errors) = await RunAsync("images", "core", "lake", "web", "--base", $"{registry.Address}/base:1", "--output", _folder.FullName);
        Assert.True(status == 0, errors);
        var built = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToDictionary(i => i.GetProperty("image").GetString()!, i => i.GetProperty("archive").GetString()!);
        Assert.Equal(["core", "lake", "web"], built.Keys.Order());

        var certificates = await GeneratedCertificates.MakeAsync();
        var chart = await Helm.RenderAsync(new Installation("smartcity", "-f values-trial.yaml"));
        foreach (var (name, archive) in built)
        {
            var image = OciArchive.Open(archive, _folder.CreateSubdirectory($"{name}-oci").FullName);
            var root = _folder.CreateSubdirectory($"{name}-root").FullName;
            image.UnpackTo(root);
            Assert.Equal("1654", image.Config.GetProperty("User").GetString());
            Assert.InRange(image.OwnBytes, 1_000_000, MostOwnBytes);
            var files = Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories).Select(f => Path.GetRelativePath(root, f)).ToList();
            Assert.DoesNotContain(files, f => f.Contains("/sdk/", StringComparison.Ordinal) || f.EndsWith(".pdb", StringComparison.Ordinal) || f.EndsWith("appsettings.Development.json", StringComparison.Ordinal));
            Assert.DoesNotContain(files, f => f.EndsWith("face-descriptor.onnx", StringComparison.Ordinal));
            var own = image.Config.GetProperty("Entrypoint").EnumerateArray().Last().GetString()!.TrimStart('/');
            Assert.All((string[])[own, "app/SmartCity.Contracts.dll"], f => Assert.True(IsReadyToRun(Path.Combine(root, f)), $"{f} is compiled while it runs."));
            var container = chart.Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == name);
            await AnswersAsync(image, root, container, name == "web" ? "/sign-in" : container.LivenessProbe.HttpGet.Path, certificates);
        }
    }

    [Theory]
    [InlineData("edge needs a base image", "images", "edge")]
    [InlineData("'cores' is not an image or an option", "images", "cores")]
    [InlineData("--output needs a value", "images", "--output")]
    public async Task What_is_missing_is_said(string said, params string[] arguments)
    {
        var (status, output, errors) = await RunAsync(arguments);
        Assert.NotEqual(0, status);
        Assert.Empty(output);
        Assert.Contains(said, errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_published_edge_finds_faces_to_blur_them_and_cannot_tell_them_apart()
    {
        await DotnetAsync("publish", "SmartCity.Edge", "-c", "Release", "--no-build", "-o", _folder.FullName, "-v", "quiet", "--nologo", "-nodeReuse:false");
        var models = Directory.EnumerateFiles(_folder.FullName, "*.onnx", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).ToList();
        Assert.Contains("face-detector.onnx", models);
        Assert.DoesNotContain("face-descriptor.onnx", models);
        var descriptor = new FileInfo(Repository.File("models", "faces", "face-descriptor.onnx")).Length;
        Assert.DoesNotContain(Directory.EnumerateFiles(_folder.FullName, "*", SearchOption.AllDirectories), f => new FileInfo(f).Length == descriptor);
    }

    [Theory]
    [InlineData("SmartCity.Core", "core")]
    [InlineData("SmartCity.Core", "core-faces", "-p:Faces=true")]
    [InlineData("SmartCity.Edge", "edge")]
    [InlineData("SmartCity.Edge", "edge-faces", "-p:Faces=true")]
    [InlineData("SmartCity.Edge", "edge-gpu-faces", "-p:Faces=true", "-p:Gpu=true")]
    public async Task Only_an_image_whose_name_says_so_gets_what_can_tell_faces_apart(string project, string image, params string[] properties)
    {
        Assert.Equal(image, (await DotnetAsync(["msbuild", project, "-getProperty:ContainerRepository", "-nodeReuse:false", .. properties])).Trim());
        var files = JsonDocument.Parse(await DotnetAsync(["msbuild", "SmartCity.Faces", "-getItem:None", "-nodeReuse:false", .. properties])).RootElement.GetProperty("Items").GetProperty("None").EnumerateArray();
        Assert.Equal(image.EndsWith("-faces", StringComparison.Ordinal), files.Any(f => f.GetProperty("Filename").GetString() == "face-descriptor"));
    }

    [Fact]
    public async Task The_images_with_faces_hold_the_descriptor_and_run_with_the_charts_environment()
    {
        await using var registry = await BaseImageRegistry.StartAsync();
        var (status, output, errors) = await RunAsync("images", "core", "edge", "--faces", "--base", $"{registry.Address}/base:1", "--edge-base", $"{registry.Address}/base:1", "--output", _folder.FullName);
        Assert.True(status == 0, errors);
        var built = output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => JsonDocument.Parse(l).RootElement).ToDictionary(i => i.GetProperty("image").GetString()!, i => i.GetProperty("archive").GetString()!);
        Assert.Equal(["core-faces", "edge-faces"], built.Keys.Order());
        var certificates = await GeneratedCertificates.MakeAsync();

        foreach (var (name, chart) in new[] { ("core", new Installation("smartcity", "-f values-trial.yaml --set faces.enabled=true")), ("edge", new Installation("smartcity-edge", "--set station=london-a1,core=http://127.0.0.1:9,faces.enabled=true")) })
        {
            var image = OciArchive.Open(built[$"{name}-faces"], _folder.CreateSubdirectory($"{name}-oci").FullName);
            var root = _folder.CreateSubdirectory($"{name}-root").FullName;
            image.UnpackTo(root);
            foreach (var model in (string[])["face-detector.onnx", "face-descriptor.onnx"])
            {
                Assert.Equal(await File.ReadAllBytesAsync(Repository.File("models", "faces", model), TestContext.Current.CancellationToken), await File.ReadAllBytesAsync(Path.Combine(root, "app", "models", model), TestContext.Current.CancellationToken));
            }

            // An edge that is to look for faces does not start without the descriptor.
            var container = (await Helm.RenderAsync(chart)).Pods.SelectMany(p => p.Spec.Containers).Single(c => c.Name == name);
            Assert.Contains(container.Env, v => v.Name.EndsWith("__Faces__Enabled", StringComparison.Ordinal) && v.Value == "true");
            await AnswersAsync(image, root, container, container.LivenessProbe.HttpGet.Path, certificates);
        }
    }

    private static bool IsReadyToRun(string assembly)
    {
        using var file = new PEReader(File.OpenRead(assembly));
        return file.PEHeaders.CorHeader!.ManagedNativeHeaderDirectory.Size > 0;
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<string> DotnetAsync(params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = Repository.Root, RedirectStandardOutput = true })!;
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.True(process.ExitCode == 0, output);
        return output;
    }

    // As the cluster would: the image's entry point, the chart's variables, secrets in their places.
    private static async Task AnswersAsync(OciArchive image, string root, V1Container container, string path, GeneratedCertificates certificates)
    {
        var port = FreePorts.Take();
        var entry = image.Config.GetProperty("Entrypoint").EnumerateArray().Select(e => e.GetString()!).ToArray();
        Assert.Equal("dotnet", entry[0]);
        var start = new ProcessStartInfo("dotnet", [Path.Combine(root, entry[1].TrimStart('/'))]) { WorkingDirectory = Path.Combine(root, "app"), RedirectStandardOutput = true, RedirectStandardError = true };
        var given = new Dictionary<string, string>();
        foreach (var variable in container.Env)
        {
            var value = variable.ValueFrom is null ? variable.Value : $"a-secret-of-the-tests-{variable.ValueFrom.SecretKeyRef.Key}-0123456789";
            given[variable.Name] = Reference().Replace(value, m => given[m.Groups[1].Value]);
        }

        given["Lake__Port"] = "0"; // somebody else may have the usual one
        given["ASPNETCORE_HTTP_PORTS"] = port.ToString(System.Globalization.CultureInfo.InvariantCulture);
        if (given.ContainsKey("ASPNETCORE_HTTPS_PORTS"))
        {
            given["ASPNETCORE_HTTPS_PORTS"] = FreePorts.Take().ToString(System.Globalization.CultureInfo.InvariantCulture);
            var mounted = Directory.CreateDirectory(Path.Combine(root, "etc", "smartcity-tls"));
            await File.WriteAllTextAsync(Path.Combine(mounted.FullName, "tls.crt"), certificates.Certificate(container.Name), TestContext.Current.CancellationToken);
            await File.WriteAllTextAsync(Path.Combine(mounted.FullName, "tls.key"), certificates.Key(container.Name), TestContext.Current.CancellationToken);
        }

        foreach (var (name, value) in given)
        {
            start.Environment[name] = value.StartsWith("/var/lib/", StringComparison.Ordinal) || value.StartsWith("/etc/smartcity-tls/", StringComparison.Ordinal) ? Path.Combine(root, value.TrimStart('/')) : value;
        }

        using var process = Process.Start(start)!;
        try
        {
            var log = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            _ = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            Assert.True(await AnswersAsync(new Uri($"http://127.0.0.1:{port}{path}"), process), $"{container.Name} does not answer {path}.\n{(process.HasExited ? await log : "")}");
        }
        finally
        {
            process.Kill(entireProcessTree: true);
            await process.WaitForExitAsync(CancellationToken.None);
        }
    }

    private static async Task<bool> AnswersAsync(Uri address, Process process)
    {
        using var http = new HttpClient();
        using var poll = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        var since = Stopwatch.StartNew();
        while (since.Elapsed < TimeSpan.FromSeconds(120) && !process.HasExited && await poll.WaitForNextTickAsync(TestContext.Current.CancellationToken))
        {
            try
            {
                using var answer = await http.GetAsync(address, TestContext.Current.CancellationToken);
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

    private static async Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        var start = new ProcessStartInfo(Repository.File("smartcity"), arguments) { RedirectStandardOutput = true, RedirectStandardError = true };
        var registry = arguments.FirstOrDefault(a => a.StartsWith("localhost:", StringComparison.Ordinal))?.Split('/')[0];
        start.Environment["DOTNET_CONTAINER_INSECURE_REGISTRIES"] = registry;
        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await errors);
    }

    [GeneratedRegex(@"\$\((\w+)\)")]
    private static partial Regex Reference();
}

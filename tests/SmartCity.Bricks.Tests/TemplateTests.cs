using System.Diagnostics;

namespace SmartCity.Bricks.Tests;

/// <summary>The samples as others get them: from packages alone.</summary>
public sealed class TemplateTests : IDisposable
{
    private const string Version = "0.1.0-template";

    private readonly string _folder = Directory.CreateTempSubdirectory("template").FullName;

    private string Packages => Path.Combine(_folder, "packages");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task A_project_of_the_template_builds_and_runs_from_the_packages_of_its_release()
    {
        // They are built already, as this test is.
        foreach (var name in (string[])["SmartCity.Bricks", "SmartCity.Contracts", "SmartCity.Recognition", "SmartCity.Templates"])
        {
            await DotnetAsync(0, PublicApiTests.Root(), "pack", name, "--no-build", "-c", "Release", "-o", Packages, $"-p:PackageVersion={Version}");
        }

        var hive = Path.Combine(_folder, "hive");
        await DotnetAsync(0, _folder, "new", "install", Path.Combine(Packages, $"SmartCity.Templates.{Version}.nupkg"), "--debug:custom-hive", hive);
        await DotnetAsync(0, _folder, "new", "smartcity-bricks", "-o", "Parcels", "--debug:custom-hive", hive);

        var project = Path.Combine(_folder, "Parcels");
        var known = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");
        await DotnetAsync(0, project, "build", "-c", "Release", $"-p:RestorePackagesPath={Path.Combine(_folder, "restored")}", $"-p:RestoreFallbackFolders={known}", $"-p:RestoreAdditionalProjectSources={Packages}", "-p:NuGetAudit=false");
        var said = await DotnetAsync(2, project, Path.Combine("bin", "Release", "net10.0", "Parcels.dll"));
        Assert.Contains("picture-to-plate PICTURE", said, StringComparison.Ordinal);
        Assert.Contains("namespace Parcels;", await File.ReadAllTextAsync(Path.Combine(project, "EdgeToCore.cs"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
    }

    private static async Task<string> DotnetAsync(int status, string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true };
        start.Environment["MSBUILDDISABLENODEREUSE"] = "1";
        start.Environment["DOTNET_CLI_UI_LANGUAGE"] = "en";
        start.Environment["UseSharedCompilation"] = "false";
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken), process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken));
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        var said = await output + await errors;
        Assert.True(process.ExitCode == status, $"dotnet {string.Join(' ', arguments)} ended with {process.ExitCode}: {said}");
        return said;
    }
}

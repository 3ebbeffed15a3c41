using System.Diagnostics;

namespace SmartCity.Deploy.Tests;

/// <summary>The program <c>helm</c>; a test that needs it is skipped, with the reason, where there is none.</summary>
internal static class Helm
{
    public const string Release = "site";

    private static readonly string? Path = Repository.Program("helm");

    /// <summary>What the cluster would get.</summary>
    public static async Task<Rendered> RenderAsync(Installation installation)
    {
        var (status, output, errors) = await TemplateAsync(installation);
        Assert.True(status == 0, errors);
        return Rendered.Parse(output);
    }

    public static Task<(int Status, string Output, string Errors)> TemplateAsync(Installation installation) =>
        RunAsync(["template", Release, Repository.File("deploy", "charts", installation.Chart), "--kube-version", "1.31.0", .. installation.Arguments]);

    public static async Task<(int Status, string Output, string Errors)> RunAsync(params string[] arguments)
    {
        Assert.SkipWhen(Path is null, "helm is not on PATH: the charts are not rendered.");
        using var process = Process.Start(new ProcessStartInfo(Path!, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        var output = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return (process.ExitCode, output, await errors);
    }
}

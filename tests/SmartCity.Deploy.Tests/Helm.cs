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

    public static Task<(int Status, string Output, string Errors)> TemplateAsync(Installation installation, params string[] more) =>
        RunAsync(["template", Release, Repository.File("deploy", "charts", installation.Chart), "--kube-version", "1.31.0", .. AsLookedAt(installation), .. installation.Arguments, .. more]);

    // Where no cluster is asked, the chart makes certificates only for somebody who says that it may.
    private static string[] AsLookedAt(Installation installation) =>
        installation.Chart == "smartcity" && !installation.Values.Contains("internalTls", StringComparison.Ordinal) ? ["--set", "internalTls.generateAnew=true"] : [];

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

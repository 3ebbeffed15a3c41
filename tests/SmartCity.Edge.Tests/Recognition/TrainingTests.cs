using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SmartCity.Edge.Tests.Hosting;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>The training of models/training, cut short: a few steps, then a file that OnnxRuntime loads and runs.</summary>
public sealed class TrainingTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData("reader.py", "patch", new long[] { 1, 48, 208, 3 }, "steps", new long[] { 1, 26, 37 })]
    [InlineData("detector.py", "picture", new long[] { 1, 64, 96, 3 }, "heat", new long[] { 1, 1, 8, 12 })]
    [InlineData("country.py", "plate", new long[] { 1, 48, 192, 3 }, "countries", new long[] { 1, 26 })]
    public async Task Training_ends_in_a_model_that_runs(string script, string input, long[] takes, string output, long[] gives)
    {
        var training = Path.Combine(Root(), "models", "training");
        Assert.SkipUnless(File.Exists("/usr/bin/python3") && await RunAsync("-c", "import torch, onnx, cv2, PIL") is (0, _), "There is no Python with PyTorch, ONNX, OpenCV and Pillow (Debian: python3-torch python3-onnx python3-opencv python3-pil).");
        using var folder = new TemporaryFolder();

        var (trained, said) = await RunAsync(Path.Combine(training, script), "train", "--steps", "2", "--batch", "4", "--report", "1", "--validate", "4", "--out", folder["model.pt"]);
        Assert.True(trained == 0, said);
        Assert.Contains("step 2 ", said, StringComparison.Ordinal);
        var (exported, complaint) = await RunAsync(Path.Combine(training, script), "export", folder["model.pt"], folder["model.onnx"]);
        Assert.True(exported == 0, complaint);

        using var session = new InferenceSession(folder["model.onnx"]);
        using var run = new RunOptions();
        using var picture = OrtValue.CreateTensorValueFromMemory(new byte[takes.Aggregate((a, b) => a * b)], takes);
        using var results = session.Run(run, [input], [picture], [output]);
        Assert.Equal(gives, results[0].GetTensorTypeAndShape().Shape);
        Assert.All(results[0].GetTensorDataAsSpan<float>().ToArray(), p => Assert.InRange(p, 0, 1));
    }

    // Debian's own Python: PyTorch comes with it.
    private static async Task<(int Code, string Said)> RunAsync(params string[] arguments)
    {
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", arguments) { RedirectStandardOutput = true, RedirectStandardError = true });
        Assert.NotNull(python);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(Patience);
        try
        {
            var (said, complained) = (python.StandardOutput.ReadToEndAsync(patience.Token), python.StandardError.ReadToEndAsync(patience.Token));
            await python.WaitForExitAsync(patience.Token);
            return (python.ExitCode, await said + await complained);
        }
        finally
        {
            if (!python.HasExited)
            {
                python.Kill(entireProcessTree: true);
            }
        }
    }

    private static string Root()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SmartCity.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("SmartCity.sln lies above the tests.");
    }
}

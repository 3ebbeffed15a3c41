using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;
using SmartCity.Edge.Tests.Hosting;
using SmartCity.Recognition;

namespace SmartCity.Edge.Tests.Recognition;

/// <summary>The training of models/training, cut short: a few steps, some more from where it stood, then a file that OnnxRuntime loads and runs.</summary>
public sealed class TrainingTests
{
    private const string Text = "KP27HXE";

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(4);

    [Theory]
    [InlineData("reader.py", "patch", new long[] { 1, 48, 208, 3 }, "steps", new long[] { 1, 26, 37 })]
    [InlineData("detector.py", "picture", new long[] { 1, 64, 96, 3 }, "heat", new long[] { 1, 1, 8, 12 })]
    [InlineData("country.py", "plate", new long[] { 1, 48, 192, 3 }, "countries", new long[] { 1, 26 })]
    [InlineData("whole.py", "plate", new long[] { 1, 56, 192, 3 }, "answers", new long[] { 1, 4 })]
    public async Task Training_ends_in_a_model_that_runs(string script, string input, long[] takes, string output, long[] gives)
    {
        var training = Path.Combine(Root(), "models", "training");
        Assert.SkipUnless(File.Exists("/usr/bin/python3") && await RunAsync("-c", "import torch, onnx, cv2, PIL") is (0, _), "There is no Python with PyTorch, ONNX, OpenCV and Pillow (Debian: python3-torch python3-onnx python3-opencv python3-pil).");
        using var folder = new TemporaryFolder();

        await TrainAsync(2, "step 2 ");
        await TrainAsync(3, "from step 2");
        var (exported, complaint) = await RunAsync(Path.Combine(training, script), "export", folder["model.pt"], folder["model.onnx"]);
        Assert.True(exported == 0, complaint);

        using var session = new InferenceSession(folder["model.onnx"]);
        using var run = new RunOptions();
        using var drawn = new Mat((int)takes[1], (int)takes[2], MatType.CV_8UC3, new Scalar(225, 230, 230));
        Cv2.PutText(drawn, Text, new Point(14, 37), HersheyFonts.HersheyDuplex, 1.15, new Scalar(20, 20, 20), 2, LineTypes.AntiAlias);
        drawn.GetArray(out Vec3b[] pixels);
        using var picture = OrtValue.CreateTensorValueFromMemory(System.Runtime.InteropServices.MemoryMarshal.AsBytes<Vec3b>(pixels).ToArray(), takes);
        using var results = session.Run(run, [input], [picture], [output]);
        Assert.Equal(gives, results[0].GetTensorTypeAndShape().Shape);
        var probabilities = results[0].GetTensorDataAsSpan<float>().ToArray();
        Assert.All(probabilities, p => Assert.InRange(p, 0, 1));
        if (output == "steps")
        {
            // It begins from weights that read: three steps on, and with its integers, it still does.
            var seen = new SeenPlaces();
            new CtcFolding([.. CtcFolding.Alphabet.Select(c => c.ToString())], space: false).Fold(probabilities, (int)gives[1], seen);
            Assert.Equal(Text, string.Concat(Enumerable.Range(0, seen.Count).Select(i => CtcFolding.Alphabet[seen[i].IndexOf(System.Numerics.Tensors.TensorPrimitives.Max<float>(seen[i]))])));
        }

        async Task TrainAsync(int steps, string says)
        {
            var (code, said) = await RunAsync(Path.Combine(training, script), "train", "--steps", $"{steps}", "--batch", "4", "--report", "2", "--validate", "4", "--out", folder["model.pt"]);
            Assert.True(code == 0, said);
            Assert.Contains(says, said, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("trainer-base.Containerfile")]
    [InlineData("trainer-gpu-base.Containerfile")]
    public async Task The_trainers_image_has_all_that_the_programs_open(string file)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/python3") && await RunAsync("-c", "import torch, onnx, cv2, PIL") is (0, _), "There is no Python with PyTorch, ONNX, OpenCV and Pillow (Debian: python3-torch python3-onnx python3-opencv python3-pil).");
        using var image = new TemporaryFolder();
        foreach (var copy in (await File.ReadAllLinesAsync(Path.Combine(Root(), "deploy", "images", file), TestContext.Current.CancellationToken)).Select(l => l.Split(' ')).Where(l => l is ["COPY", _, _]))
        {
            var (from, to) = (Path.Combine(Root(), copy[1]), image[copy[2].TrimStart('/')]);
            foreach (var source in File.Exists(from) ? [from] : Directory.EnumerateFiles(from, "*", SearchOption.TopDirectoryOnly))
            {
                var target = File.Exists(from) ? to : Path.Combine(to, Path.GetFileName(source));
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Copy(source, target);
            }
        }

        var (code, said) = await RunAsync("-c", $"import os, sys; os.environ['PPOCR'] = '{image["opt/smartcity/ppocr"]}'; sys.path.insert(0, '{image["opt/smartcity/training"]}'); import finetune, reader; next(reader.samples(1, 1)); finetune.Reader(22)");

        Assert.True(code == 0, said);
    }

    [Fact]
    public void What_the_product_cuts_out_is_what_the_training_cuts_out()
    {
        var reader = File.ReadAllText(Path.Combine(Root(), "models", "training", "reader.py"));
        var network = File.ReadAllText(Path.Combine(Root(), "models", "training", "reader_net.py"));
        var country = File.ReadAllText(Path.Combine(Root(), "models", "training", "country.py"));
        var whole = File.ReadAllText(Path.Combine(Root(), "models", "training", "whole.py"));

        Assert.Contains(Inv($"MARGIN_ALONG, MARGIN_ACROSS = {LinePatch.MarginAlong}, {LinePatch.MarginAcross}"), reader, StringComparison.Ordinal);
        Assert.Contains(Inv($"HEIGHT, WIDTH, STEPS = {LinePatch.Height}, {LinePatch.Width}, "), network, StringComparison.Ordinal);
        Assert.Contains(Inv($"MARGIN_ALONG, MARGIN_ACROSS = {CityCountry.Shape.MarginAlong}, {CityCountry.Shape.MarginAcross}"), country, StringComparison.Ordinal);
        Assert.Contains(Inv($"WIDTH, HEIGHT = {CityCountry.Shape.Width}, {CityCountry.Shape.Height}"), country, StringComparison.Ordinal);
        Assert.Contains(Inv($"MARGIN_ALONG, MARGIN_ACROSS = {CityWhole.Shape.MarginAlong}, {CityWhole.Shape.MarginAcross}"), whole, StringComparison.Ordinal);
        Assert.Contains(Inv($"WIDTH, HEIGHT = {CityWhole.Shape.Width}, {CityWhole.Shape.Height}"), whole, StringComparison.Ordinal);

        static string Inv(FormattableString text) => text.ToString(System.Globalization.CultureInfo.InvariantCulture);
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

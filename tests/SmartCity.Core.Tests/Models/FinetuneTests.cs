using System.Diagnostics;
using System.IO.Compression;
using System.Text.Json;
using SmartCity.Core.Tests.Hosting;

namespace SmartCity.Core.Tests.Models;

/// <summary>The program that trains, as the core starts it: a folder in, a folder out.</summary>
public sealed class FinetuneTests : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private const int Steps = 52;
    private const int Every = 26;

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("finetune");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string In => Path.Combine(_folder.FullName, "in");

    private string Out => Path.Combine(_folder.FullName, "out");

    private string Borderline => Path.Combine(Out, "borderline.npz");

    [Fact]
    public async Task A_training_that_was_killed_goes_on_from_its_last_state_with_the_plates_that_it_had_sought()
    {
        using (var probe = Start("-c", "import torch, cv2, onnx, PIL"))
        {
            await probe.WaitForExitAsync(Token);
            Assert.SkipUnless(probe.ExitCode == 0, "This machine has no Python with PyTorch, OpenCV and ONNX: nothing is trained here.");
        }

        await WriteAsync();
        using (var first = Start("finetune.py", In, Out))
        {
            while (await first.StandardOutput.ReadLineAsync(Token) is { } line && Step(line) is not Every)
            {
            }

            var state = Path.Combine(Out, "state.pt");
            await CoreHost.UntilAsync(() => Task.FromResult(File.Exists(state) || first.HasExited), "it keeps its state");
            Assert.False(first.HasExited, "It ended.");
            first.Kill();
            await first.WaitForExitAsync(Token);
        }

        var sought = File.GetLastWriteTimeUtc(Borderline);
        Assert.False(File.Exists(Path.Combine(Out, "model.onnx")));

        using var second = Start("finetune.py", In, Out);
        var lines = (await second.StandardOutput.ReadToEndAsync(Token)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        await second.WaitForExitAsync(Token);
        Assert.Equal(0, second.ExitCode);
        Assert.Equal(Every, lines.Select(Step).First(s => s is not null));
        Assert.Equal(sought, File.GetLastWriteTimeUtc(Borderline));
        using var card = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(Out, "card.json"), Token));
        Assert.Equal(Steps, card.RootElement.GetProperty("steps").GetInt32());
        Assert.True(new FileInfo(Path.Combine(Out, "model.onnx")).Length > 1_000_000);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static int? Step(string line) =>
        line.StartsWith('{') && JsonDocument.Parse(line).RootElement.TryGetProperty("step", out var step) && !line.Contains("\"done\"", StringComparison.Ordinal) ? step.GetInt32() : null;

    private static Process Start(params string[] arguments) =>
        Process.Start(new ProcessStartInfo(Python, arguments) { RedirectStandardOutput = true, WorkingDirectory = Path.Combine(Repository.Root, "models", "training") })!;

    // Rendered plates stand for corrected ones.
    private async Task WriteAsync()
    {
        Directory.CreateDirectory(In);
        var models = Path.Combine(Repository.Root, "models", "city-1");
        File.Copy(Path.Combine(models, "city-read-1.onnx"), Path.Combine(In, "parent.onnx"));
        var items = new List<string> { "file,plate,split" };
        await using var plates = await ZipFile.OpenReadAsync(Path.Combine(models, "rendered-plates.zip"), Token);
        foreach (var (number, entry) in plates.Entries.Take(30).Index())
        {
            await entry.ExtractToFileAsync(Path.Combine(In, entry.Name), Token);
            items.Add($"{entry.Name},{Path.GetFileNameWithoutExtension(entry.Name).Split('-')[^1]},{(number % 5 == 0 ? "validation" : "train")}");
        }

        await File.WriteAllLinesAsync(Path.Combine(In, "items.csv"), items, Token);
        var job = new { steps = Steps, every = Every, batch = 4, candidates = 48, rendered = 16, compared = 16, threads = 1 };
        await File.WriteAllTextAsync(Path.Combine(In, "job.json"), JsonSerializer.Serialize(job), Token);
    }
}

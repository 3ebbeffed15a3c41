using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace SmartCity.Core.Models;

/// <summary>finetune.py as a process of this machine: a folder in, a folder out, progress as JSON lines.</summary>
internal sealed class TrainingProgram(IOptions<TrainingOptions> options)
{
    private const string Program = "finetune.py";
    private const int LinesKept = 40;

    // What is shown of a line of progress: figures, and sets of plates that were measured.
    private static readonly string[] Numbers = ["step", "seconds", "loss"];
    private static readonly string[] Sets = ["corrected", "rendered"];
    private static readonly TimeSpan EndsWithin = TimeSpan.FromSeconds(10);

    private readonly Lazy<string?> _programs = new(() => options.Value.Programs ?? Above(AppContext.BaseDirectory));

    /// <summary>Whether this process is to train what waits.</summary>
    public bool RunsHere => options.Value.Where == TrainingPlace.Here;

    /// <summary>Why no training can be started, and what to do; null if one can.</summary>
    public string? Missing =>
        options.Value.Where == TrainingPlace.Nowhere ? "Core:Models:Training:Where is Nowhere: versions are trained by other means and imported."
        : options.Value.Where == TrainingPlace.Elsewhere ? null
        : !File.Exists(options.Value.Python) ? $"There is no {options.Value.Python}. Install the packages python3-torch, python3-opencv and python3-onnx, or set Core:Models:Training:Python."
        : _programs.Value is not { } folder || !File.Exists(Path.Combine(folder, Program)) ? $"{Program} was not found. Set Core:Models:Training:Programs to the folder models/training."
        : null;

    /// <summary>Runs to its end.</summary>
    /// <param name="said">Gets share (0–1), the last line in words, and the last lines. When it answers true, the training is cancelled.</param>
    /// <returns>The last lines, and whether it was cancelled.</returns>
    /// <exception cref="InvalidDataException">It ended with an error; the message has its last line.</exception>
    public async Task<bool> RunAsync(string input, string output, Func<double, string, string, Task<bool>> said, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(options.Value.Python) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = _programs.Value! };
        foreach (var argument in (string[])[Path.Combine(_programs.Value!, Program), input, output])
        {
            start.ArgumentList.Add(argument);
        }

        // It may die before the program asks who started it.
        start.Environment["SMARTCITY_OWNER"] = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        using var process = Start(start);
        var lines = new Queue<string>();
        var (share, last) = (0.0, "It loads its libraries.");
        var gate = new Lock();
        Task Follow(StreamReader reader) => Task.Run(
            async () =>
            {
                while (await reader.ReadLineAsync(CancellationToken.None) is { } line)
                {
                    lock (gate)
                    {
                        lines.Enqueue(line);
                        if (lines.Count > LinesKept)
                        {
                            lines.Dequeue();
                        }

                        (share, last) = Progress(line) ?? (share, last);
                    }
                }
            },
            CancellationToken.None);

        var (text, errors) = (Follow(process.StandardOutput), Follow(process.StandardError));
        string Log()
        {
            lock (gate)
            {
                return string.Join('\n', lines);
            }
        }

        try
        {
            using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
            while (!process.HasExited)
            {
                if (await said(share, last, Log()))
                {
                    await EndAsync(process);
                    return true;
                }

                await Task.WhenAny(process.WaitForExitAsync(cancellationToken), timer.WaitForNextTickAsync(cancellationToken).AsTask());
                cancellationToken.ThrowIfCancellationRequested();
            }
        }
        finally
        {
            await EndAsync(process);
        }

        await Task.WhenAll(text, errors);
        var cancelled = await said(share, last, Log());
        return process.ExitCode == 0 ? cancelled : throw new InvalidDataException($"The training ended with an error: {lines.LastOrDefault(l => l.Trim().Length > 0) ?? $"status {process.ExitCode}"}");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw new InvalidDataException($"{start.FileName} could not be started: {e.Message}", e);
        }
    }

    private static async Task EndAsync(Process process)
    {
        if (process.HasExited)
        {
            return;
        }

        using var patience = new CancellationTokenSource(EndsWithin);
        process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(patience.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static (double Share, string Words)? Progress(string line)
    {
        if (!line.StartsWith('{'))
        {
            return null;
        }

        try
        {
            using var json = JsonDocument.Parse(line);
            var root = json.RootElement;
            var words = string.Join(", ", Numbers.Where(n => root.TryGetProperty(n, out _)).Select(n => $"{n} {root.GetProperty(n)}")
                .Concat(Sets.Where(n => root.TryGetProperty(n, out var f) && f.ValueKind == JsonValueKind.Object && f.GetProperty("plates").GetInt32() > 0)
                    .Select(n => string.Create(CultureInfo.InvariantCulture, $"{n} {root.GetProperty(n).GetProperty("right").GetDouble():P1} right"))));
            return (root.TryGetProperty("share", out var share) ? share.GetDouble() : 0, words);
        }
        catch (JsonException)
        {
            return null; // a line of a library that begins so
        }
    }

    private static string? Above(string folder)
    {
        for (var at = new DirectoryInfo(folder); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "models", "training", Program)))
            {
                return Path.Combine(at.FullName, "models", "training");
            }
        }

        return null;
    }
}

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using OpenCvSharp;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Edge.Recognition;
using Spectre.Console;

namespace SmartCity.Bench;

/// <summary>
/// <c>bench recognition</c>: photographs whose plates are known, and vehicles past simulated cameras, on one thread. The baseline is the models
/// alone: the largest line of text, read greedily, without rectification by four corners, grammar or trimming.
/// </summary>
internal static class RecognitionBench
{
    private const int SimulatedSide = 640;

    public static Command Create()
    {
        var folders = new Argument<string[]>("FOLDER") { Description = "Folders of pictures with a truth.tsv (columns file and plate); those of ../shared/data when it is there.", Arity = ArgumentArity.ZeroOrMore };
        var passes = new Option<int>("--passes") { Description = "Vehicles past each simulated camera.", DefaultValueFactory = _ => 25 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("recognition", "Plates read right and milliseconds a picture, one thread.") { folders, passes, json };
        command.SetAction(parse =>
        {
            var given = parse.GetValue(folders)!;
            var figures = new RecognitionFigures(
                [.. (given.Length > 0 ? given : Beside()).Select(Photographs)],
                [.. Enum.GetValues<Weather>().Select(w => SimulatedPasses.Measure(w, parse.GetValue(passes), SimulatedSide))]);
            if (parse.GetValue(json))
            {
                Console.WriteLine(JsonSerializer.Serialize(figures, JsonSerializerOptions.Web));
            }
            else
            {
                Print(figures);
            }

            return 0;
        });
        return command;
    }

    private static string[] Beside()
    {
        var data = Path.Combine("..", "shared", "data");
        if (!Directory.Exists(data))
        {
            Console.Error.WriteLine($"There are no photographs in {Path.GetFullPath(data)}: only simulated cameras are measured.");
            return [];
        }

        return [.. Directory.EnumerateDirectories(data).Where(d => File.Exists(Path.Combine(d, "truth.tsv"))).Order(StringComparer.Ordinal)];
    }

    private static PhotographFigures Photographs(string folder)
    {
        var options = new RecognitionOptions();
        using var recogniser = new PlateRecogniser(Options.Create(options), NullLogger<PlateRecogniser>.Instance);
        using var detector = new PpOcrDetector(options, NullLogger.Instance);
        using var reader = new PpOcrReader(options, NullLogger.Instance);
        var pictures = Truth.Read(folder);
        int strict = 0, folded = 0, baseline = 0;
        var (detect, read, total, plain) = (new List<double>(), new List<double>(), new List<double>(), new List<double>());
        foreach (var (file, plate) in pictures)
        {
            using var picture = Cv2.ImRead(file);
            if (total.Count == 0)
            {
                recogniser.Recognise(picture); // the first run of a session allocates
            }

            var started = Stopwatch.GetTimestamp();
            var reads = recogniser.Recognise(picture, out var times);
            total.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            detect.Add(times.Detect.TotalMilliseconds);
            read.Add(times.Read.TotalMilliseconds);
            var best = reads.Count == 0 ? "" : reads[0].Plate ?? reads[0].BestGuess;
            strict += best == plate ? 1 : 0;
            folded += Truth.Fold(best) == Truth.Fold(plate) ? 1 : 0;

            started = Stopwatch.GetTimestamp();
            baseline += Truth.Fold(Plain(picture, detector, reader)) == Truth.Fold(plate) ? 1 : 0;
            plain.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
        }

        var n = (double)pictures.Count;
        return new PhotographFigures(
            Path.GetFileName(Path.TrimEndingDirectorySeparator(folder)), pictures.Count, 100 * strict / n, 100 * folded / n, 100 * baseline / n,
            Percentile.Of(detect, 0.5), Percentile.Of(read, 0.5), Percentile.Of(total, 0.5), Percentile.Of(total, 0.95), Percentile.Of(plain, 0.5));
    }

    private static string Plain(Mat picture, PpOcrDetector detector, PpOcrReader reader)
    {
        var largest = detector.Detect(picture).MaxBy(q => q.Box.Width * q.Box.Height);
        if (largest is null || (largest.Box & new Rect(0, 0, picture.Width, picture.Height)) is not { Width: > 4, Height: > 4 } box)
        {
            return "";
        }

        using var patch = new Mat(picture, box);
        var grid = reader.Read([patch])[0];
        return string.Concat(grid.Places.Select(p => grid.Alphabet[Array.IndexOf(p, p.Max())]));
    }

    private static void Print(RecognitionFigures figures)
    {
        if (figures.Photographs.Count > 0)
        {
            var table = new Table().AddColumns("photographs", "n", "strict %", "folded %", "baseline %", "detect ms", "read ms", "whole ms", "p95 ms", "baseline ms", "target");
            foreach (var f in figures.Photographs)
            {
                table.AddRow(f.Folder, N(f.Pictures, 0), N(f.StrictPercent, 1), N(f.FoldedPercent, 1), N(f.BaselinePercent, 1), N(f.DetectMs, 0), N(f.ReadMs, 0), N(f.TotalMs, 0), N(f.TotalP95Ms, 0), N(f.BaselineMs, 0), Target(f.Folder));
            }

            AnsiConsole.Write(table);
        }

        var passes = new Table().AddColumns("simulated", "passes", "right", "wrong", "unread", "missed", "twice", "ms a frame");
        foreach (var f in figures.Simulated)
        {
            passes.AddRow(f.Weather, N(f.Passes, 0), N(f.Right, 0), N(f.Wrong, 0), N(f.Unread, 0), N(f.Missed, 0), N(f.Twice, 0), N(f.FrameMs, 0));
        }

        AnsiConsole.Write(passes);

        static string N(double value, int digits) => value.ToString($"N{digits}", CultureInfo.InvariantCulture);

        static string Target(string folder) => folder switch { "plates-eu" => "≥ 88 %, ≤ 90 ms", "plates-us" => "≥ 60 %", "plates-seed" => "≥ 75 %", _ => "" };
    }
}

/// <summary>Rates in percent, medians in milliseconds unless said otherwise.</summary>
internal sealed record PhotographFigures(
    string Folder, int Pictures, double StrictPercent, double FoldedPercent, double BaselinePercent, double DetectMs, double ReadMs, double TotalMs, double TotalP95Ms, double BaselineMs);

internal sealed record RecognitionFigures(IReadOnlyList<PhotographFigures> Photographs, IReadOnlyList<PassFigures> Simulated);

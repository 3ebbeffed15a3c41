using System.CommandLine;
using SmartCity.Edge.Cameras.Simulation;

namespace SmartCity.Bench;

/// <summary><c>bench recognition</c>: photographs whose plates are known, and vehicles past simulated cameras, on one thread, beside other models in the same run.</summary>
internal static class RecognitionBench
{
    private const int SimulatedSide = 640;

    public static Command Create()
    {
        var folders = new Argument<string[]>("FOLDER") { Description = "Folders of pictures with a truth.tsv (columns file and plate; x, y, width and height where they are known); those of ../shared/data when it is there.", Arity = ArgumentArity.ZeroOrMore };
        var data = new Option<string[]>("--data") { Description = "As FOLDER.", Arity = ArgumentArity.ZeroOrMore };
        var models = new Option<string[]>("--models") { Description = "What is measured: a reader with its own detector (city-read-1, ppocr-v4) or detector+reader[+second]; the configured default when left out.", Arity = ArgumentArity.ZeroOrMore };
        var against = new Option<string[]>("--against") { Description = "What it is measured beside.", Arity = ArgumentArity.ZeroOrMore, DefaultValueFactory = _ => ["ppocr-v4"] };
        var passes = new Option<int>("--passes") { Description = "Vehicles past each simulated camera.", DefaultValueFactory = _ => 25 };
        var misses = new Option<string?>("--misses") { Description = "Writes a page of the pictures that were read wrong." };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("recognition", "Plates read right and milliseconds a picture, one thread.") { folders, data, models, against, passes, misses, json };
        command.SetAction(parse =>
        {
            string[] given = [.. parse.GetValue(folders)!, .. parse.GetValue(data)!];
            Contender[] contenders = [.. (parse.GetValue(models) is { Length: > 0 } named ? named.Select(Contender.Parse) : [Contender.Default]), .. parse.GetValue(against)!.Select(Contender.Parse)];
            contenders = [.. contenders.Distinct()];
            var missed = new List<Miss>();
            var figures = new RecognitionFigures(
                [.. (given.Length > 0 ? given : Beside()).SelectMany(folder => contenders.Select(c => Photographs.Measure(folder, c, missed)))],
                [.. contenders.SelectMany(c => parse.GetValue(passes) == 0 ? [] : Enum.GetValues<Weather>().Select(w => SimulatedPasses.Measure(c, w, parse.GetValue(passes), SimulatedSide)))]);
            if (parse.GetValue(misses) is { } page)
            {
                MissesPage.Write(page, missed);
            }

            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            return 0;
        });
        return command;
    }

    /// <summary>The folders of photographs beside the project; says so where there are none.</summary>
    public static string[] Beside()
    {
        var data = Path.Combine("..", "shared", "data");
        if (!Directory.Exists(data))
        {
            Console.Error.WriteLine($"There are no photographs in {Path.GetFullPath(data)}: none are measured.");
            return [];
        }

        return [.. Directory.EnumerateDirectories(data).Where(Truth.IsOfPlates).Order(StringComparer.Ordinal)];
    }

    private static void Print(RecognitionFigures figures)
    {
        foreach (var folder in figures.Photographs.GroupBy(f => f.Folder))
        {
            FigureTable.Write(
                $"{folder.Key}, {folder.First().Pictures} pictures", folder, f => f.Contender,
                ("strict %", f => f.Strict, 1), ("folded %", f => f.Folded, 1), ("found %", f => f.Found, 1), ("precision %", f => f.Precision, 1),
                ("abstained %", f => f.Abstained, 1), ("right ≥ 0.9 %", f => f.ConfidentRight, 1), ("wrong ≥ 0.9 %", f => f.ConfidentWrong, 1), ("country %", f => f.CountryRight, 1), ("wrong country %", f => f.CountryWrong, 1),
                ("detect ms", f => f.Detect.P50, 1), ("detect ms, p95", f => f.Detect.P95, 1), ("read ms", f => f.Read.P50, 1), ("read ms, p95", f => f.Read.P95, 1),
                ("whole ms", f => f.Total.P50, 1), ("whole ms, p95", f => f.Total.P95, 1));
        }

        SimulatedPasses.Print(figures.Simulated);
    }
}

internal sealed record RecognitionFigures(IReadOnlyList<PhotographFigures> Photographs, IReadOnlyList<PassFigures> Simulated);

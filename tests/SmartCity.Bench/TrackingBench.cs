using System.CommandLine;
using SmartCity.Edge.Cameras.Simulation;

namespace SmartCity.Bench;

/// <summary><c>bench tracking</c>: the same simulated passes read by one frame alone and voted over all of them.</summary>
internal static class TrackingBench
{
    public static Command Create()
    {
        var models = new Option<string[]>("--models") { Description = "What is measured: a reader with its own detector (city-read-1, ppocr-v4) or detector+reader[+second]; the configured default when left out.", Arity = ArgumentArity.ZeroOrMore };
        var passes = new Option<int>("--passes") { Description = "Vehicles past each simulated camera.", DefaultValueFactory = _ => 25 };
        var side = new Option<int>("--side") { Description = "Pixels of the longer side in which plates are looked for.", DefaultValueFactory = _ => 640 };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("tracking", "Single frames beside the vote over a pass, by day, dusk, night and in rain.") { models, passes, side, json };
        command.SetAction(parse =>
        {
            Contender[] contenders = parse.GetValue(models) is { Length: > 0 } named ? [.. named.Select(Contender.Parse)] : [Contender.Default];
            PassFigures[] figures = [.. contenders.SelectMany(c => Enum.GetValues<Weather>().Select(w => SimulatedPasses.Measure(c, w, parse.GetValue(passes), parse.GetValue(side))))];
            Figures.Show(parse.GetValue(json), figures, () => SimulatedPasses.Print(figures));

            return 0;
        });
        return command;
    }
}

using System.CommandLine;
using System.Text.Json;
using Npgsql;
using SmartCity.AllInOne.Infrastructure;
using SmartCity.AllInOne.Replay;
using SmartCity.Contracts.Cities;
using SmartCity.Core.Database;
using SmartCity.ServiceDefaults.Health;

namespace SmartCity.AllInOne.Commands;

/// <summary><c>smartcity replay DIR|VIDEO…</c>: files through the whole pipeline, then a summary.</summary>
internal static class ReplayCommand
{
    private static readonly Argument<string[]> Paths = new("DIR|VIDEO") { Description = "Folders of pictures, pictures, or videos; each is one camera. Behind a path may stand when it was recorded, as in a camera's source: VIDEO#start=2026-05-04T08:15:00Z.", Arity = ArgumentArity.OneOrMore };
    private static readonly Option<string> Data = new("--data") { Description = "Folder for everything that is kept. Replays into the same folder add up, and repeating one adds nothing.", HelpName = "DIR", DefaultValueFactory = _ => Path.Combine(".smartcity", "replay") };
    private static readonly Option<string?> CityFile = new("--city") { Description = "City file (default: the demo city).", HelpName = "FILE" };
    private static readonly Option<string?> Station = new("--station") { Description = "Station that the camera belongs to (default: the first station among those with the most zones).", HelpName = "ID" };

    public static Command Create()
    {
        var command = new Command("replay", "Sends pictures or a video through the whole pipeline, waits until everything is stored, and prints a JSON summary.") { Paths, Data, CityFile, Station };
        command.SetAction((parse, cancellationToken) => RunCommand.GuardAsync(logger => RunAsync(parse, logger, cancellationToken), cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, ILogger logger, CancellationToken cancellationToken)
    {
        var inputs = ReplayInput.Of(parse.GetValue(Paths)!);
        var cityFile = parse.GetValue(CityFile);
        var city = ReplayCity.With(City.Load(cityFile), parse.GetValue(Station), inputs);
        var configuration = AllInOneHost.UserConfiguration();
        var plan = InfrastructurePlan.Of(configuration, city.City, city.Station.Id);
        using var data = DataFolder.Take(parse.GetValue(Data)!);
        var file = data.Below("replay-city.json");
        await ReplayCity.WriteAsync(city.City, file, cancellationToken);

        var health = new WorkerHealth(TimeProvider.System);
        await using var infrastructure = await LocalInfrastructure.StartAsync(plan, configuration, data, health, logger, cancellationToken);
        var settings = new Dictionary<string, string?>(infrastructure.Settings)
        {
            ["urls"] = ListenAddress.Parse("http://127.0.0.1:0").Urls,
            ["Core:DemoRegistry"] = configuration["Core:DemoRegistry"] ?? (cityFile is null).ToString(),
            ["Edge:CityFile"] = file,
            ["Core:CityFile"] = cityFile is null ? null : Path.GetFullPath(cityFile),
        };
        await using var app = AllInOneHost.Build(settings, health, console: false, more: services => services.AddSingleton<IDatabaseSeed>(p => new ReplayCameras(p.GetRequiredService<NpgsqlDataSource>(), city.Station)));
        using var frames = new FrameTimes();
        await using var run = new ReplayRun(app, city.Station, frames);
        var summary = await run.RunAsync(cancellationToken);
        await Console.Out.WriteLineAsync(JsonSerializer.Serialize(summary, ReplaySummary.Json));
        foreach (var hint in summary.Hints(parse.GetValue(Data)!))
        {
            await Console.Error.WriteLineAsync($"smartcity: {hint}");
        }

        var missing = inputs.Sum(i => i.Pictures ?? 0) - (inputs.All(i => i.Pictures is not null) ? summary.Frames : 0);
        return inputs.All(i => i.Pictures is not null) && missing > 0 ? 1 : 0;
    }
}

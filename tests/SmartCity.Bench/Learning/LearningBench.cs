using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using SmartCity.Contracts.Api;
using SmartCity.Edge.Cameras.Simulation;
using SmartCity.Recognition;
using Spectre.Console;

namespace SmartCity.Bench.Learning;

/// <summary>
/// <c>bench learning</c>: a city that has plates in signs which the shipped reader reads badly. People correct what it reads, a reader is trained, judged, signed, shadowed and
/// rolled out ring by ring, and the same cameras are looked at again. The gates are those of the program; only the wait of a ring is shorter.
/// </summary>
[System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
internal static class LearningBench
{
    private const int Usual = 15; // vehicles past each camera with usual plates, before and after
    private const int Afterwards = 30; // vehicles past each camera with signs, when all edges read with the new version
    private const int Endless = 1_000_000;
    private const int HalfMore = 2; // passes that may be missed, for each reading that is wanted

    private static readonly TimeSpan RingTime = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan SettlesWithin = TimeSpan.FromSeconds(40);
    private static readonly TimeSpan RollsOutWithin = TimeSpan.FromMinutes(30);

    public static Command Create()
    {
        var reads = new Option<int>("--reads") { Description = "Readings that people decide on.", DefaultValueFactory = _ => 300 };
        var minutes = new Option<double>("--minutes") { Description = "How long the training may take.", DefaultValueFactory = _ => 15 };
        var photographs = new Option<string[]>("--photographs") { Description = "Folders of pictures with a truth.tsv, read by both versions; those of ../shared/data when it is there.", Arity = ArgumentArity.ZeroOrMore };
        var json = new Option<bool>("--json") { Description = "Figures as JSON on stdout." };
        var command = new Command("learning", "The whole loop in a city that runs: people correct, a reader is trained, judged, rolled out, and reads the same cameras better. Takes up to three quarters of an hour.") { reads, minutes, photographs, json };
        command.SetAction(async (parse, cancellationToken) =>
        {
            var figures = await RunAsync(parse.GetValue(reads), parse.GetValue(minutes), parse.GetValue(photographs)!, cancellationToken);
            Figures.Show(parse.GetValue(json), figures, () => Print(figures));

            foreach (var failure in figures.Failures())
            {
                await Console.Error.WriteLineAsync($"smartcity: {failure}");
            }

            return figures.Failures().Any() ? 1 : 0;
        });
        return command;
    }

    private static async Task<LearningFigures> RunAsync(int reads, double minutes, string[] photographs, CancellationToken cancellationToken)
    {
        var folder = Directory.CreateTempSubdirectory("smartcity-bench").FullName;
        ShownCamera[] cameras = [.. Enum.GetValues<Weather>().SelectMany((weather, i) => new[]
        {
            new ShownCamera($"c{i + 1}-signs", $"station-{i + 1}", 21 + i, weather, PlateStyle.Signs),
            new ShownCamera($"c{i + 1}-usual", $"station-{i + 1}", 31 + i, weather, PlateStyle.Usual),
        })];
        try
        {
            await using var city = await LearningCity.StartAsync(folder, cameras, RingTime, cancellationToken);
            return await ProveAsync(city, cameras, reads, minutes, photographs, cancellationToken);
        }
        finally
        {
            foreach (var camera in cameras)
            {
                camera.Dispose();
            }

            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<LearningFigures> ProveAsync(LearningCity city, ShownCamera[] cameras, int reads, double minutes, string[] photographs, CancellationToken cancellationToken)
    {
        var before = TimeProvider.System.GetUtcNow();
        Say($"{cameras.Length} cameras at {city.Stations.Count} stations show vehicles; people decide on {reads} readings of plates in signs.");
        var decided = await DecideAsync(city, cameras, reads, cancellationToken);
        var learnt = decided.Values.Select(d => d.Plate).ToHashSet();
        var signsBefore = await RightlyAsync(city, cameras, PlateStyle.Signs, before, [], cancellationToken);
        var usualBefore = await RightlyAsync(city, cameras, PlateStyle.Usual, before, [], cancellationToken);
        Say($"Live, {Text(signsBefore)} of the plates in signs and {Text(usualBefore)} of the usual ones were read rightly.");
        await UntilAsync(async () => (await ModelsAsync()).Learning.Items >= decided.Count, TimeSpan.FromMinutes(5), "every decision is an item", cancellationToken);
        var dataset = await city.PostAsync<DatasetView>("api/models/datasets", new { }, cancellationToken);
        Say($"Dataset {dataset.Digest[..12]}: {dataset.Counts.Train} to train on, {dataset.Counts.Validation} to end early by, {dataset.Counts.HoldOut} held out.");
        var training = Stopwatch.StartNew();
        await city.PostAsync<TrainingView>("api/models/trainings", new NewTraining(dataset.Digest, Minutes: minutes), cancellationToken);
        var said = "";
        await UntilAsync(
            async () =>
            {
                var now = (await ModelsAsync()).Trainings[0];
                if (now.Detail is { } words && words != said)
                {
                    said = words;
                    Say($"Training, {now.Share:P0}: {words}");
                }

                return now.State is "done" or "failed" or "cancelled";
            },
            TimeSpan.FromMinutes(minutes + 60),
            "the training is over",
            cancellationToken);
        training.Stop();
        var run = (await ModelsAsync()).Trainings[0];
        LearningFigures Figures(ModelVersionView? version, string? refused, IReadOnlyList<RingReached> rings, LearningRates? then, LearningRates? now) => new(
            decided.Count, decided.Values.Count(d => !d.WasRight), dataset.Counts.Train, dataset.Counts.Validation, dataset.Counts.HoldOut, dataset.Digest, training.Elapsed.TotalMinutes, version?.Manifest.Lineage.Environment, run.Log,
            [.. version?.Judgement?.Gates.Select(g => $"{(g.Passed ? "passed" : "refused")}: {g.Name}. {g.Why}") ?? []], refused, rings, then, now);
        if (run.Version is null)
        {
            return Figures(null, $"The training {run.State}: {run.Detail}", [], null, null);
        }

        await UntilAsync(async () => (await VersionAsync()).Judgement is not null, TimeSpan.FromMinutes(10), "the version is judged", cancellationToken);
        var version = await VersionAsync();
        foreach (var gate in version.Judgement!.Gates)
        {
            Say($"{(gate.Passed ? "passed" : "refused")}: {gate.Name}. {gate.Why}");
        }

        if (!version.Judgement.Passed)
        {
            return Figures(version, $"{version.Manifest.Id} did not pass the gates.", [], null, null);
        }

        var (rings, refused) = await RollOutAsync(city, cameras, version, cancellationToken);
        if (refused is not null)
        {
            return Figures(version, refused, rings, null, null);
        }

        var after = TimeProvider.System.GetUtcNow();
        Show(cameras, Afterwards, Usual);
        await UntilAsync(() => Task.FromResult(cameras.All(c => c.IsIdle)), TimeSpan.FromMinutes(30), "every vehicle has passed", cancellationToken);
        var signsAfter = await RightlyAsync(city, cameras, PlateStyle.Signs, after, learnt, cancellationToken);
        var usualAfter = await RightlyAsync(city, cameras, PlateStyle.Usual, after, [], cancellationToken);
        Say("Photographs are read with both versions.");
        var (shipped, own) = (Contender.Default, Contender.Default with { Version = new FetchedModel(version.Manifest, version.ManifestSha256, city.Fetched(version.ManifestSha256)) });
        LearningRates Rates(string name, Rightly signs, Rightly usual, Func<ModelFigures, ModelMeasure> of, Contender reader) => new(
            name, signs, usual, Judged(version.Judgement, "hold-out", of), Judged(version.Judgement, "rendered", of), Photographed(photographs, reader));
        return Figures(version, null, rings, Rates(version.Judgement.Against, signsBefore, usualBefore, f => f.Before, shipped), Rates(version.Manifest.Id, signsAfter, usualAfter, f => f.After, own));

        Task<ModelsView> ModelsAsync() => city.GetAsync<ModelsView>("api/models", cancellationToken);

        Task<ModelVersionView> VersionAsync() => city.GetAsync<ModelVersionView>($"api/models/{run.Version}", cancellationToken);
    }

    // As people do who look at the picture: what was shown is what it says.
    private static async Task<Dictionary<Guid, Decision>> DecideAsync(LearningCity city, ShownCamera[] cameras, int reads, CancellationToken cancellationToken)
    {
        var since = TimeProvider.System.GetUtcNow();
        var decided = new Dictionary<Guid, Decision>();
        Show(cameras, HalfMore * reads / city.Stations.Count, Usual);
        while (decided.Count < reads)
        {
            if (cameras.All(c => c.IsIdle))
            {
                throw new InvalidOperationException($"Of {cameras.Where(c => c.Plates == PlateStyle.Signs).Sum(c => c.Since(since).Count)} vehicles with plates in signs only {decided.Count} were seen.");
            }

            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
            foreach (var (sighting, shown) in await city.SightingsAsync(since, cancellationToken))
            {
                if (decided.Count < reads && !decided.ContainsKey(sighting.Id) && IsOf(cameras, shown.Camera, PlateStyle.Signs))
                {
                    var right = sighting.Plate == shown.Plate;
                    await city.PostAsync<ReviewOutcome>($"api/sightings/{sighting.Id}/review", right ? new ReviewResolution("confirmed") : new ReviewResolution("corrected", shown.Plate), cancellationToken);
                    decided[sighting.Id] = new Decision(shown.Plate, right);
                }
            }

            Say($"{decided.Count} decided, {decided.Values.Count(d => !d.WasRight)} of them corrected.");
        }

        Show(cameras.Where(c => c.Plates == PlateStyle.Signs), 0, 0);
        await UntilAsync(() => Task.FromResult(cameras.All(c => c.IsIdle)), TimeSpan.FromMinutes(10), "the usual vehicles have passed", cancellationToken);
        return decided;
    }

    private static async Task<(IReadOnlyList<RingReached> Rings, string? Refused)> RollOutAsync(LearningCity city, ShownCamera[] cameras, ModelVersionView version, CancellationToken cancellationToken)
    {
        var rings = new List<RingReached>();
        var began = Stopwatch.StartNew();
        Show(cameras, Endless, Endless);
        await city.PostAsync<IReadOnlyList<ModelRolloutView>>($"api/models/{version.Manifest.Id}/promote", new ModelPromotion(), cancellationToken);
        ModelRolloutView now = null!;
        var said = "";
        await UntilAsync(
            async () =>
            {
                now = (await city.GetAsync<ModelsView>("api/models", cancellationToken)).Rollouts[0];
                if (rings.Count <= now.Ring)
                {
                    rings.Add(new RingReached(now.RingName, began.Elapsed.TotalMinutes, now.Stations));
                    Say($"{version.Manifest.Id} goes to {now.RingName}: {string.Join(", ", now.Stations)}.");
                }

                if (now.Waiting is { } waiting && waiting != said)
                {
                    said = waiting;
                    Say(waiting);
                }

                return now.State is "done" or "rolled-back";
            },
            RollsOutWithin,
            "every station reads with it",
            cancellationToken);
        Show(cameras, 0, 0);
        rings.Add(new RingReached("done", began.Elapsed.TotalMinutes, city.Stations));
        return (rings, now.State == "done" ? null : now.Reason);
    }

    /// <summary>Of the vehicles that were shown, those whose plate the core has; of vehicles in the set, none.</summary>
    private static async Task<Rightly> RightlyAsync(LearningCity city, ShownCamera[] cameras, PlateStyle plates, DateTimeOffset since, HashSet<string> without, CancellationToken cancellationToken)
    {
        ShownPass[] shown = [.. cameras.Where(c => c.Plates == plates).SelectMany(c => c.Since(since)).Where(p => !without.Contains(p.Plate))];
        HashSet<ShownPass> right = [];
        var began = Stopwatch.GetTimestamp();
        do
        {
            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
            right = [.. (await city.SightingsAsync(since, cancellationToken)).Where(s => (s.Sighting.Decision is { } decision ? decision.Read : s.Sighting.Plate) == s.Shown.Plate).Select(s => s.Shown)];
        }
        while (shown.Any(p => !right.Contains(p)) && Stopwatch.GetElapsedTime(began) < SettlesWithin);
        return new Rightly(shown.Count(right.Contains), shown.Length);
    }

    private static Rightly Judged(ModelJudgement judgement, string set, Func<ModelFigures, ModelMeasure> of)
    {
        var figures = judgement.Figures.Single(f => f.Set == set && f.Slice == "all");
        return new Rightly((int)Math.Round(of(figures).Right * figures.Plates), figures.Plates);
    }

    private static Rightly? Photographed(string[] folders, Contender reader)
    {
        var figures = (folders.Length > 0 ? folders : RecognitionBench.Beside()).Select(f => Photographs.Measure(f, reader, [])).ToList();
        return figures.Count == 0 ? null : new Rightly(figures.Sum(f => (int)Math.Round(f.Folded!.Value * f.Pictures / 100)), figures.Sum(f => f.Pictures));
    }

    private static void Show(IEnumerable<ShownCamera> cameras, int signs, int usual)
    {
        foreach (var camera in cameras)
        {
            camera.Show(camera.Plates == PlateStyle.Signs ? signs : usual);
        }
    }

    private static bool IsOf(ShownCamera[] cameras, string id, PlateStyle plates) => Array.Find(cameras, c => c.Id == id)!.Plates == plates;

    private static async Task UntilAsync(Func<Task<bool>> condition, TimeSpan within, string what, CancellationToken cancellationToken)
    {
        var began = Stopwatch.GetTimestamp();
        while (!await condition())
        {
            if (Stopwatch.GetElapsedTime(began) > within)
            {
                throw new InvalidOperationException($"Not after {within.TotalMinutes:0} minutes: {what}.");
            }

            await Task.Delay(Poll, TimeProvider.System, cancellationToken);
        }
    }

    private static void Say(string words) => Console.Error.WriteLine(words);

    private static void Print(LearningFigures f)
    {
        if (f.Before is { } before && f.After is { } after)
        {
            var table = new Table().AddColumn("whole plates read rightly").AddColumn(new TableColumn($"before: {before.Version}").RightAligned()).AddColumn(new TableColumn($"after: {after.Version}").RightAligned());
            foreach (var (what, of) in new (string, Func<LearningRates, Rightly?>)[]
            {
                ("live, vehicles with plates in signs", r => r.Signs), ("live, vehicles with usual plates", r => r.Usual), ("hold-out, the plate's picture alone, without grammars", r => r.HoldOut),
                ("rendered plates, likewise", r => r.Rendered), ("photographs", r => r.Photographs),
            })
            {
                table.AddRow(what, Text(of(before)), Text(of(after)));
            }

            AnsiConsole.Write(table);
        }

        AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{f.Decided} readings decided, {f.Corrected} of them corrected: {f.Train} to train on, {f.Validation} to end early by, {f.HoldOut} held out. Trained {f.TrainingMinutes:0.0} minutes ({f.Environment})."));
        foreach (var line in f.Gates)
        {
            AnsiConsole.WriteLine(line);
        }

        foreach (var ring in f.Rings)
        {
            AnsiConsole.WriteLine(string.Create(CultureInfo.InvariantCulture, $"After {ring.Minutes:0.0} minutes: {ring.Ring} ({string.Join(", ", ring.Stations)})."));
        }
    }

    private static string Text(Rightly? of) => of?.Percent is { } percent ? string.Create(CultureInfo.InvariantCulture, $"{of.Right} of {of.Of}, {percent:0.0} %") : "";

    private sealed record Decision(string Plate, bool WasRight);
}

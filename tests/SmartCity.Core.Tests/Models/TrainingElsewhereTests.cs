using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Runtime.InteropServices;
using SmartCity.Contracts.Api;
using SmartCity.Core.Models;
using SmartCity.Core.Tests.Access;
using SmartCity.Core.Tests.Audit;
using SmartCity.Core.Tests.Database;
using SmartCity.Core.Tests.Hosting;
using SmartCity.Edge.Tests.Models;

namespace SmartCity.Core.Tests.Models;

/// <summary>Trainings that another process runs, as a job of a cluster does: started, stopped, killed, and taken on by the next.</summary>
public sealed partial class TrainingElsewhereTests(PostgresServer server) : IAsyncLifetime
{
    private const int Terminate = 15;

    private readonly TestModels _keys = new();
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("smartcity-trainer");
    private readonly CoreHost _core = new(server);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // While it is there, the program goes on.
    private string Hold => Path.Combine(_folder.FullName, "hold");

    private string Steps => Path.Combine(_folder.FullName, "steps");

    public async ValueTask InitializeAsync()
    {
        // Trains as little as can be: the parent's own weights come out again.
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "finetune.py"),
            $$"""
            echo '{"step": 7, "share": 0.5}'
            mkdir -p "$2"
            echo "a step" >> "$2/state"
            while [ -e {{Hold}} ]; do sleep 0.05; done
            wc -l < "$2/state" > {{Steps}}
            cp "$1/parent.onnx" "$2/model.onnx"
            echo '{"code": "none", "seed": 1, "environment": "a shell"}' > "$2/card.json"
            """,
            Token);
        _core.Settings = new()
        {
            ["Core:Models:SigningKey"] = _keys.PrivateKeyPem,
            ["Core:Models:Interval"] = "00:00:00.100",
            ["Core:Models:Gates:LeastHoldOut"] = "1000",
            ["Core:Models:Training:Where"] = "Elsewhere",
        };
        await _core.InitializeAsync();
        await _core.Postgres.ExecuteAsync(
            """
            insert into learning_items (sighting_id, captured_at, station_id, camera_id, source, decision, plate, confidence, decided_at, patch_sha256, split, suspect, gathered_at)
            values (gen_random_uuid(), now(), 'london-a1', 'a1-n1', 'review', 'corrected', 'LN01AAA', 0.5, now(), 'none', 'train', false, now())
            """);
    }

    [Fact]
    public async Task A_training_waits_for_a_trainer_survives_its_end_and_its_death_and_what_comes_out_is_judged_and_signed()
    {
        await File.WriteAllTextAsync(Hold, "", Token);
        var started = await Caller.ReadAsync<TrainingView>(await _core.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(), Token));
        Assert.Equal(("waiting", "It waits for a process that trains."), (started.State, started.Detail));

        using (var stopped = Start())
        {
            await UntilRunningAsync();
            await UntilStepsAsync(started, 1);
            Assert.Equal(0, SendSignal(stopped.Id, Terminate));
            await stopped.WaitForExitAsync(Token);
            Assert.Equal(0, stopped.ExitCode);
            Assert.Equal(("waiting", "The process that trained was stopped. The training goes on from its last state."), ((await RunAsync()).State, (await RunAsync()).Detail));
        }

        using (var killed = Start())
        {
            await UntilRunningAsync();
            await UntilStepsAsync(started, 2);
            killed.Kill();
            await killed.WaitForExitAsync(Token);
            Assert.Equal("running", (await RunAsync()).State);
        }

        File.Delete(Hold);
        await _core.Postgres.ExecuteAsync("update training_runs set alive_at = now()");
        using (var early = Start())
        {
            // It may still be alive, as far as anybody knows.
            await early.WaitForExitAsync(Token);
            Assert.Equal("running", (await RunAsync()).State);
        }

        await _core.Postgres.ExecuteAsync("update training_runs set alive_at = alive_at - interval '61 seconds'");
        using (var last = Start())
        {
            await last.WaitForExitAsync(Token);
            Assert.Equal(0, last.ExitCode);
        }

        Assert.Equal("3", (await File.ReadAllTextAsync(Steps, Token)).Trim());
        var done = await RunAsync();
        Assert.Equal(("done", "It made own-read-2.", "own-read-2"), (done.State, done.Detail, done.Version));
        await CoreHost.UntilAsync(async () => await VersionAsync() is { IsSigned: true, Judgement: not null }, "the core judges and signs what a trainer without the key took in", 120);
        Assert.Contains((await VersionAsync()).Judgement!.Gates, g => g.Why.Contains("1,000 are needed", StringComparison.Ordinal) || g.Why.Contains("1000 are needed", StringComparison.Ordinal));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.FullName, "work")));
    }

    [Fact]
    public async Task A_trainer_that_was_silent_for_too_long_leaves_the_training_to_whoever_has_taken_it()
    {
        await File.WriteAllTextAsync(Hold, "", Token);
        await Caller.ReadAsync<TrainingView>(await _core.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(), Token));
        using var silent = Start();
        await UntilRunningAsync();

        await _core.Postgres.ExecuteAsync("update training_runs set machine = 'another', detail = 'Another has it.'");
        await silent.WaitForExitAsync(Token);

        Assert.Equal(("running", "Another has it."), ((await RunAsync()).State, (await RunAsync()).Detail));
        Assert.Single(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.FullName, "work")));
    }

    [Fact]
    public async Task What_is_cancelled_leaves_no_picture_and_makes_no_version_whether_it_runs_or_waits_again()
    {
        await File.WriteAllTextAsync(Hold, "", Token);
        var run = await Caller.ReadAsync<TrainingView>(await _core.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(), Token));
        using (var stopped = Start())
        {
            await UntilRunningAsync();
            Assert.Equal(0, SendSignal(stopped.Id, Terminate));
            await stopped.WaitForExitAsync(Token);
        }

        Assert.False(File.Exists(Path.Combine(_folder.FullName, "work", run.Id.ToString(), "in", "items.csv")));
        (await _core.Http.PostAsync($"/api/models/trainings/{run.Id}/cancel", null, Token)).EnsureSuccessStatusCode();
        Assert.Equal(("cancelled", "Somebody cancelled it."), ((await RunAsync()).State, (await RunAsync()).Detail));
        using (var next = Start())
        {
            await next.WaitForExitAsync(Token);
        }

        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.FullName, "work")));
        var second = await Caller.ReadAsync<TrainingView>(await _core.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(run.Dataset), Token));
        using var trainer = Start();
        await CoreHost.UntilAsync(async () => (await RunsAsync())[0] is { State: "running", Share: 0.5 }, "the second runs");
        (await _core.Http.PostAsync($"/api/models/trainings/{second.Id}/cancel", null, Token)).EnsureSuccessStatusCode();
        await trainer.WaitForExitAsync(Token);
        Assert.Equal(["cancelled", "cancelled"], (await RunsAsync()).Select(r => r.State));
        Assert.Equal(HttpStatusCode.NotFound, (await _core.Http.GetAsync("/api/models/own-read-2", Token)).StatusCode);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.FullName, "work")));
    }

    [Fact]
    public async Task A_training_is_begun_with_its_dataset_and_cancelled_and_written_down_or_not()
    {
        await ChangeAndLine.AreTogetherAsync(_core, "datasets", () => _core.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(), Token));
        var run = await RunAsync();
        await ChangeAndLine.AreTogetherAsync(_core, "training_runs", () => _core.Http.PostAsync($"/api/models/trainings/{run.Id}/cancel", null, Token));
        await ChangeAndLine.AreTogetherAsync(_core, "training_runs", () => _core.Http.PostAsJsonAsync("/api/models/trainings", new NewTraining(run.Dataset), Token));
    }

    [Fact]
    public async Task A_trainer_without_what_it_needs_says_what_and_fails()
    {
        using var trainer = Start(("Core__Models__Training__Python", "/nowhere/python3"));
        var said = await trainer.StandardOutput.ReadToEndAsync(Token);
        await trainer.WaitForExitAsync(Token);

        Assert.Equal(1, trainer.ExitCode);
        Assert.Contains("There is no /nowhere/python3.", said, StringComparison.Ordinal);
    }

    public async ValueTask DisposeAsync()
    {
        await _core.DisposeAsync();
        _keys.Dispose();
        _folder.Delete(recursive: true);
    }

    private Process Start(params (string Name, string Value)[] settings)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(TrainingProgram).Assembly.Location, "train"]) { RedirectStandardOutput = true };
        foreach (var (name, value) in (IEnumerable<(string, string)>)
        [
            ("ConnectionStrings__postgres", _core.Postgres.ConnectionString), ("ConnectionStrings__objects", _core.ObjectsFolder), ("Core__Secrets__Key", CoreHost.Secret),
            ("Core__Models__Training__Python", "/bin/sh"), ("Core__Models__Training__Programs", _folder.FullName), ("Core__Models__Training__WorkPath", Path.Combine(_folder.FullName, "work")), .. settings,
        ])
        {
            start.Environment[name] = value;
        }

        return Process.Start(start)!;
    }

    private Task UntilRunningAsync() => CoreHost.UntilAsync(async () => await RunAsync() is { State: "running", Share: 0.5 }, "the training runs", 120);

    // What the program has kept of its state, over all processes.
    private Task UntilStepsAsync(TrainingView run, int steps) =>
        CoreHost.UntilAsync(async () => Path.Combine(_folder.FullName, "work", run.Id.ToString(), "out", "state") is var state && File.Exists(state) && (await File.ReadAllLinesAsync(state, Token)).Length == steps, $"{steps} steps", 120);

    private async Task<TrainingView> RunAsync() => Assert.Single(await RunsAsync());

    private async Task<IReadOnlyList<TrainingView>> RunsAsync() => (await _core.Http.GetFromJsonAsync<ModelsView>("/api/models", Token))!.Trainings;

    private async Task<ModelVersionView> VersionAsync() => (await _core.Http.GetFromJsonAsync<ModelVersionView>("/api/models/own-read-2", Token))!;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int SendSignal(int process, int signal);
}
